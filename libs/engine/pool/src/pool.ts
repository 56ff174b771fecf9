import {
  getContext,
  labelKey,
  OptionsError,
  Problems,
  systemEnv,
  type Env,
  type ManagedStatus,
} from '@nest-pooling/core';
import type { AcquireOptions } from './acquire-options.js';
import { Ending } from './ending.js';
import { Engine } from './engine.js';
import { PoolAbandonedError } from './errors.js';
import type { PoolEventName, PoolEvents } from './events.js';
import { holdersOf, type Holder } from './holders.js';
import { InFront } from './in-front.js';
import type { Lease } from './lease.js';
import { evict, invalidate, listen, resizeChecked, resume, suspend, useSlowly } from './modes.js';
import { resolvePoolOptions, type PoolOptions, type ResolvedSettings } from './options.js';
import type { PoolSink } from './sink.js';
import { statsOf, type PoolStats } from './stats.js';

/**
 * Keeps resources that are expensive to make and lends them.
 *
 * ```ts
 * const pool = new Pool<Client>({ name: 'orders', factory, min: 2, max: 20 });
 * await pool.start();
 * await pool.use((client) => client.query('…'));
 * await pool.close();
 * ```
 *
 * Lending an idle resource is synchronous inside: one comparison, no timer, no clock, no closure. Who must wait
 * is served first come first served by whatever resource becomes free.
 */
export class Pool<T> {
  /** For a borrower whose own callers queue in front of the pool. */
  readonly inFront: InFront<T>;
  readonly #engine: Engine<T>;
  readonly #ending: Ending<T>;

  /** Connects to nothing. Throws an `OptionsError` that lists every wrong option. `env` is replaced in tests and simulations. */
  constructor(options: PoolOptions<T>, env: Env = systemEnv) {
    const settings = resolvePoolOptions(options);
    this.#engine = new Engine(settings, options.factory, env, options.budget ?? env.budget);
    this.#ending = new Ending(this.#engine);
    this.inFront = new InFront(this.#engine);
  }

  /** The name that the pool was given. */
  get name(): string {
    return this.#engine.settings.name;
  }

  /** Where the pool is in its life. */
  get status(): ManagedStatus {
    return this.#engine.status;
  }

  /** Leases that are out plus callers that wait: what a balancer compares. Costs two field reads. */
  get load(): number {
    return this.#engine.leased + this.#engine.waiting.length;
  }

  /** Resources that can be lent at once. */
  get idle(): number {
    return this.#engine.idle.length;
  }

  /** Leases that are out. */
  get leased(): number {
    return this.#engine.leased;
  }

  /**
   * Creates `min` resources; resolves when they are there. Rejects with a `PoolCreateError` when the first
   * attempts fail; the pool is open all the same and goes on trying. A pool that is not started starts at the
   * first acquire.
   */
  async start(): Promise<void> {
    this.#engine.keeper.activate();
    await this.warm(this.#engine.settings.min);
  }

  /** Makes sure that `n` resources exist, at most `max`. Rejects with a `PoolCreateError` when one cannot be created. */
  async warm(n: number): Promise<void> {
    const { keeper, maker, settings } = this.#engine;
    const problems = new Problems();
    problems.number('n', n, { min: 0, integer: true, infinite: true });
    problems.throwIfAny(`warming the pool '${settings.name}'`);
    keeper.activate();
    await maker.warm(Math.min(n, settings.max));
  }

  /**
   * Borrows a resource; waits for one if none is idle. Rejects with a `PoolTimeoutError`, `PoolQueueFullError`,
   * `PoolCreateError`, `PoolCancelledError` or `PoolClosedError`.
   */
  acquire(options?: AcquireOptions): Promise<Lease<T>> {
    return this.#engine.acquire(options);
  }

  /** Borrows a resource if one can be lent at once, synchronously. */
  tryAcquire(options?: Pick<AcquireOptions, 'label'>): Lease<T> | undefined {
    return this.#engine.tryAcquire(options?.label);
  }

  /** Lends a resource to `work` and takes it back in every case; resolves and rejects as `work` does. */
  use<R>(work: (resource: T) => Promise<R> | R, options?: AcquireOptions): Promise<R> {
    const engine = this.#engine;
    const slot = options === undefined && engine.deadlocks === undefined ? engine.take() : undefined;
    if (slot === undefined) return useSlowly(engine, work, options);
    engine.lend(slot, getContext(labelKey));
    let result: Promise<R> | R;
    try {
      result = work(slot.resource);
    } catch (error) {
      engine.giveBack(slot);
      return Promise.reject(error);
    }
    return Promise.resolve(result).then(slot.done<R>, slot.failed);
  }

  /** Changes the sizes of a living pool: what is too much is closed when idle or when it comes back. */
  resize(sizes: { min?: number; max?: number }): void {
    resizeChecked(this.#engine, sizes);
  }

  /** Holds acquires back: they wait (until their deadline) for {@link Pool.resume}. Leases that are out stay out. */
  suspend(): void {
    suspend(this.#engine);
  }

  /** Ends {@link Pool.suspend}. */
  resume(): void {
    resume(this.#engine);
  }

  /**
   * Replaces every resource. Idle ones a few at a time (`createConcurrency`), so that there is always something to lend
   * and the other side sees no storm; lent ones when they come back, new and checked ones when they are ready.
   * `immediately` closes all idle ones now.
   */
  evict(reason: string, options: { immediately?: boolean } = {}): void {
    evict(this.#engine, reason, options.immediately ?? false);
  }

  /** Destroys one that is known to be broken, a lent one when it comes back; `doubtful`: idle ones are validated before they are lent. */
  invalidate(resource: T, reason: string, { doubtful = false } = {}): void {
    invalidate(this.#engine, resource, reason, doubtful);
  }

  /** Rejects everybody who is waiting with a `PoolAbandonedError`. The pool itself goes on. */
  abandonWaiters(reason: string): void {
    const engine = this.#engine;
    engine.waiting.failAll(() => new PoolAbandonedError(engine.settings.name, reason));
  }

  /** Tries to create again at once, whatever failed before: for callers who know that the other side is back. */
  retryNow(): void {
    this.#engine.maker.retryNow();
  }

  /**
   * Refuses new acquires, serves those who wait already, and closes when all leases came back, or at
   * `deadlineMs` (default 10,000) without them.
   */
  drain(options: { deadlineMs?: number } = {}): Promise<void> {
    return this.#ending.drain(options.deadlineMs ?? 10_000);
  }

  /**
   * Rejects everybody who waits, destroys what is idle, waits for leases for `closeTimeoutMs` and destroys what is still
   * out. Never rejects; may be called twice. Afterwards no timer and no listener is left.
   */
  close(): Promise<void> {
    return this.#ending.close(this.#engine.settings.closeTimeoutMs);
  }

  /** Closes. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The pool's numbers, derived at the moment of the call. */
  stats(): PoolStats {
    return statsOf(this.#engine);
  }

  /** Who holds resources at the moment, the longest first. */
  holders(): readonly Holder[] {
    return holdersOf(this.#engine);
  }

  /** Calls `listener` at each event of that name; returns the function that removes it. What it throws is dropped. */
  on<Name extends PoolEventName>(name: Name, listener: (event: PoolEvents[Name]) => void): () => void {
    return this.#engine.attendant.events.on(name, listener);
  }

  /**
   * Calls `listener` with the number of waiters each time somebody begins to wait though the pool is full: for those who
   * hold leases for long and can do with fewer. Returns the function that removes it.
   */
  onPressure(listener: (waiting: number) => void): () => void {
    return this.#engine.waiting.pressure.listen(listener);
  }

  /** The settings in effect, with every default filled in. */
  get settings(): Readonly<ResolvedSettings> {
    return this.#engine.settings;
  }

  /** Adds a listener for everything that happens; returns the function that removes it. */
  subscribe(sink: PoolSink): () => void {
    if (typeof sink?.acquired !== 'function') {
      throw new OptionsError(`subscribing to the pool '${this.name}'`, ['sink: must be a PoolSink']);
    }
    return listen(this.#engine, sink);
  }
}
