import { describe, FaultyFactory, type Model } from './faulty-factory.fixture.js';
import { Pool, PoolError, type AcquirePriority, type Lease, type PoolSettings } from './index.js';
import { watch, type Outcome } from './pool.fixture.js';

/** A world around one pool: its faulty factory, its callers, and what must be true of them at any time. */
export class World extends FaultyFactory {
  readonly pool: Pool<Model>;
  readonly outcomes: Outcome<unknown>[] = [];
  readonly leases: { lease: Lease<Model>; model: Model; ended: boolean }[] = [];
  readonly controllers: AbortController[] = [];
  listeners = 0;
  /** Resources that may exist at the moment; sinks only as fast as they drain after a resize down. */
  allowed: number;
  max: number;
  ending: Outcome<void> | undefined;

  constructor(settings: PoolSettings, permits: number) {
    super(permits);
    this.max = this.allowed = settings.max!;
    this.pool = new Pool({ name: 'model', factory: this, ...settings, budget: this.budget }, this.env);
  }

  acquire(timeoutMs: number | undefined, abortable: boolean, priority?: AcquirePriority): void {
    const signal = abortable ? this.#signal() : undefined;
    this.outcomes.push(
      watch(
        this.pool.acquire({ timeoutMs, signal, priority, label: 'model' }).then((lease) => this.#lent(lease)),
      ),
    );
  }

  tryAcquire(): void {
    const lease = this.pool.tryAcquire();
    if (lease) this.#lent(lease);
  }

  /** Borrows for so long, and meanwhile once more if `nested`. */
  use(ms: number, nested = false): void {
    const work = async (model: Model): Promise<void> => {
      this.#hold(model);
      await this.nap(ms);
      if (nested) await this.pool.use((inner) => this.#briefly(inner)).catch(() => {});
      model.holders--;
    };
    this.outcomes.push(watch(this.pool.use(work)));
  }

  end(pick: number, how: 'release' | 'discard' | 'dispose'): void {
    const entry = this.leases[pick % Math.max(1, this.leases.length)];
    if (entry === undefined) return;
    if (!entry.ended) entry.model.holders--;
    entry.ended = true;
    if (how === 'release') entry.lease.release();
    else if (how === 'discard') entry.lease.discard('model');
    else entry.lease[Symbol.dispose]();
  }

  abort(pick: number): void {
    this.controllers[pick % Math.max(1, this.controllers.length)]?.abort();
  }

  invalidate(pick: number): void {
    const model = this.made[pick % Math.max(1, this.made.length)];
    if (model) this.pool.invalidate(model, 'lost');
  }

  resize(min: number, max: number): void {
    const least = Math.min(min, max);
    this.pool.resize({ min: least, max });
    this.max = max;
    this.allowed = Math.max(this.allowed, max);
  }

  finishes(end: Promise<void>): void {
    this.ended = true;
    this.ending ??= watch(end);
    void end.then(() => {
      const timers = this.env.pendingTimers - this.naps;
      if (timers !== 0) this.problems.push(`${timers} timers at the moment of closing`);
    });
  }

  /** What must be true whenever nothing is going on. */
  verify(): readonly string[] {
    const { pool, problems } = this;
    const stats = pool.stats();
    const { total, idle, leased, creating, checking, closing, waiting, status } = stats;
    const claim = (what: string, holds: boolean): void => {
      if (!holds) problems.push(`${what}: ${JSON.stringify(stats)}`);
    };
    claim('the numbers add up', total === idle + leased + creating + checking + closing);
    const alive = total - closing - creating;
    claim('no more than max, but what drains', alive <= this.allowed);
    this.allowed = Math.max(this.max, Math.min(this.allowed, alive));
    claim(
      'nobody waits beside an idle resource',
      waiting === 0 || idle === 0 || status === 'suspended' || checking > 0,
    );
    // At the deadline of an end they are taken away.
    const cut = this.ending !== undefined && leased === 0;
    claim('leased is what callers hold', cut || leased === this.#held());
    claim('peak bounds leased', stats.peak >= leased);
    claim(
      'shares are shares',
      stats.utilization >= 0 && stats.utilization <= 1 && stats.reuse >= 0 && stats.reuse <= 1,
    );
    claim('load', pool.load === leased + waiting);
    claim('every permit has a resource', this.taken <= total);
    const pending = this.outcomes.filter((outcome) => outcome.state === 'pending').length;
    claim('waiters are callers', waiting <= pending);
    for (const { error } of this.outcomes) {
      if (error !== undefined && !(error instanceof PoolError))
        problems.push(`an odd error: ${describe(error)}`);
    }
    return problems;
  }

  /** Ends all faults and gives everything back: now the pool must be as good as new. */
  async heal(): Promise<readonly string[]> {
    const { pool, env, problems } = this;
    this.creates = this.examines = this.destroys = this.checks = 'ok';
    this.setPermits(Infinity);
    pool.resume();
    watch(pool.start());
    // Longer than anything under way, and than the longest pause between creates; who waited is served meanwhile.
    for (let waited = 0; waited < 15_000; waited += 500) {
      for (let n = 0; n < this.leases.length; n++) this.end(n, 'dispose');
      await env.advance(500);
    }
    const { min, total, idle, creating, checking, closing, waiting } = pool.stats();
    const numbers = JSON.stringify(pool.stats());
    if (creating + checking + closing + waiting > 0 || total !== idle)
      problems.push(`not at rest: ${numbers}`);
    if (total > this.max) problems.push(`still too many: ${numbers}`);
    if (total < min) problems.push(`not refilled: ${numbers}`);
    for (let n = 0; n < this.max; n++) {
      const outcome = watch(pool.acquire({ timeoutMs: 1_000 }).then((lease) => this.#lent(lease)));
      await env.advance(0);
      if (outcome.state !== 'fulfilled')
        problems.push(`acquire ${n + 1} of ${this.max}: ${describe(outcome.error)}`);
    }
    return problems;
  }

  /** Ends everything and tells what is left over. */
  async finish(): Promise<readonly string[]> {
    const { pool, env, problems } = this;
    this.finishes(pool.close());
    void pool.close();
    // Creates that come late, hung destroys, everything: nothing in this world takes longer.
    await env.advance(30_000);
    const stats = pool.stats();
    const claim = (what: string, holds: boolean): void => {
      if (!holds) problems.push(`${what}: ${JSON.stringify(stats)}`);
    };
    claim('closed', this.ending?.state === 'fulfilled' && stats.status === 'closed');
    claim(
      'nothing left',
      stats.total + stats.idle + stats.leased + stats.creating + stats.checking + stats.closing === 0,
    );
    claim(
      'everybody is settled',
      this.outcomes.every((outcome) => outcome.state !== 'pending') && stats.waiting === 0,
    );
    claim(
      'every resource is destroyed once',
      this.made.every((model) => model.destroyed === 1),
    );
    claim(`no timer (${env.pendingTimers})`, env.pendingTimers === 0);
    claim(`no listener on signals (${this.listeners})`, this.listeners === 0);
    claim(`all permits are back (${this.taken})`, this.taken === 0);
    claim(`no lease is watched (${env.watchedTargets})`, env.watchedTargets === 0);
    claim('the budget is let go', this.budgetListeners === 0);
    claim(
      'closed by all accounts',
      stats.created === Object.values(stats.destroyed).reduce((a, b) => a + b, 0),
    );
    return problems;
  }

  #held(): number {
    return this.made.reduce((sum, model) => sum + model.holders, 0);
  }

  async #briefly(model: Model): Promise<void> {
    this.#hold(model);
    await this.nap(5);
    model.holders--;
  }

  #lent(lease: Lease<Model>): void {
    const model = lease.resource;
    this.#hold(model);
    this.leases.push({ lease, model, ended: false });
  }

  #hold(model: Model): void {
    if (model.holders++ > 0) this.problems.push(`resource ${model.id} was lent twice`);
    if (model.destroyed > 0) this.problems.push(`resource ${model.id} was lent after its end`);
  }

  #signal(): AbortSignal {
    const controller = new AbortController();
    const { signal } = controller;
    const attached = new Set<unknown>();
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (type: string, fn: never, options?: never) => {
      if (!attached.has(fn)) this.listeners++;
      attached.add(fn);
      add(type, fn, options);
    };
    signal.removeEventListener = (type: string, fn: never, options?: never) => {
      if (attached.delete(fn)) this.listeners--;
      remove(type, fn, options);
    };
    this.controllers.push(controller);
    return signal;
  }
}
