import { systemEnv, withoutStack, type Env, type Timer } from '@nest-pooling/core';
import type { AcquireOptions } from './acquire-options.js';
import { PoolClosedError } from './errors.js';
import { KeyedEntries, KeyedEntry } from './keyed-entries.js';
import { PoolKeysExhaustedError } from './keyed-pools-error.js';
import {
  resolveKeyedPoolsOptions,
  type KeyedPoolsOptions,
  type ResolvedKeyedPoolsOptions,
} from './keyed-pools-options.js';
import type { KeyedPoolsStats } from './keyed-pools-stats.js';
import type { Lease } from './lease.js';
import { Pool } from './pool.js';
import type { PoolStats } from './stats.js';

/** How exact the idle timeout is: looks per timeout. */
const LOOKS = 10;
const MAX_LOOK_MS = 60_000;

/**
 * A pool per key (tenant, origin, database), opened when it is asked for. At `maxPools` the least recently used
 * one is closed; never one that has leases out or callers that wait. If all are in use, a new key is refused at
 * once with a {@link PoolKeysExhaustedError}: waiting for some pool of somebody else to become idle has no bound
 * that a caller could reason about.
 *
 * ```ts
 * await using tenants = new KeyedPools<string, Client>({ name: 'tenants', open: (id) => ({ factory: factoryOf(id), max: 5 }) });
 * await tenants.use('acme', (client) => client.query('…'));
 * ```
 *
 * Using a pool that is open costs one look into a `Map` more than using it directly: no clock, no timer.
 */
export class KeyedPools<K extends string | number, T> {
  readonly #options: ResolvedKeyedPoolsOptions<K, T>;
  readonly #env: Env;
  readonly #entries = new KeyedEntries<K, T>();
  readonly #closing = new Set<Promise<void>>();
  readonly #totals = { opened: 0, displaced: 0, idled: 0, exhausted: 0 };
  readonly #lookMs: number;
  readonly #began: number;
  #timer: Timer | undefined;
  #ended: Promise<void> | undefined;
  /** The pools that {@link KeyedPools.drain} or close ends. */
  #ending: readonly Pool<T>[] = [];

  /** Opens nothing. Throws an `OptionsError` that lists every wrong option. `env` is replaced in tests only. */
  constructor(options: KeyedPoolsOptions<K, T>, env: Env = systemEnv) {
    this.#options = resolveKeyedPoolsOptions(options);
    this.#env = env;
    this.#began = env.scheduler.now();
    this.#lookMs = Math.min(MAX_LOOK_MS, this.#options.idleTimeoutMs / LOOKS);
  }

  /** The name that the keyed pools were given. */
  get name(): string {
    return this.#options.name;
  }

  /** How many pools are open. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * The pool of a key, opened if need be; asking counts as using. Do not keep it: it may be closed when it is
   * idle. Throws a `PoolKeysExhaustedError`, a `PoolClosedError`, or what `open` throws.
   */
  get(key: K): Pool<T> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return this.#open(key);
    const { pool } = entry;
    const { status } = pool;
    if (status === 'draining' || status === 'closed') {
      // Somebody who has the pool closed it himself.
      this.#entries.remove(entry);
      return this.#open(key);
    }
    this.#entries.touch(entry);
    return pool;
  }

  /** Borrows from the pool of a key; rejects as {@link KeyedPools.get} throws and as {@link Pool.acquire} rejects. */
  acquire(key: K, options?: AcquireOptions): Promise<Lease<T>> {
    try {
      return this.get(key).acquire(options);
    } catch (error) {
      return reject(error);
    }
  }

  /** Lends a resource of the pool of a key to `work`; rejects as {@link KeyedPools.get} throws, and as {@link Pool.use} does. */
  use<R>(key: K, work: (resource: T) => Promise<R> | R, options?: AcquireOptions): Promise<R> {
    try {
      return this.get(key).use(work, options);
    } catch (error) {
      return reject(error);
    }
  }

  /** Whether the key has an open pool. Does not count as using it. */
  has(key: K): boolean {
    return this.#entries.get(key) !== undefined;
  }

  /** The keys that have an open pool, most recently used first. */
  keys(): K[] {
    return this.#entries.newestFirst().map(({ key }) => key);
  }

  /** Closes the pool of one key, also one in use (see {@link Pool.close}); who asks for the key again gets a new one. */
  async closeKey(key: K): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry !== undefined) await this.#retire(entry);
  }

  /** The numbers at the moment of the call. */
  stats(): KeyedPoolsStats<K> {
    const byKey = new Map<K, PoolStats>();
    for (const { key, pool } of this.#entries.newestFirst()) byKey.set(key, pool.stats());
    return {
      name: this.name,
      pools: this.#entries.size,
      closing: this.#closing.size,
      maxPools: this.#options.maxPools,
      ...this.#totals,
      byKey,
    };
  }

  /** Drains every pool, see {@link Pool.drain}; opens no other. */
  drain(options: { deadlineMs?: number } = {}): Promise<void> {
    return (this.#ended ??= this.#end((pool) => pool.drain(options)));
  }

  /** Closes every pool, see {@link Pool.close}. May be called twice, and after {@link KeyedPools.drain} to hurry. */
  async close(): Promise<void> {
    this.#ended ??= this.#end((pool) => pool.close());
    await Promise.all([this.#ended, ...this.#ending.map((pool) => pool.close())]);
  }

  /** Closes. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(key: K): Pool<T> {
    if (this.#ended !== undefined) throw new PoolClosedError(this.name, 'closed');
    this.#checkRoom(key);
    const { open, budget, name } = this.#options;
    const made = open(key);
    const pool =
      made instanceof Pool
        ? made
        : new Pool<T>(
            { ...(budget === undefined ? {} : { budget }), ...made, name: made.name ?? `${name}.${key}` },
            this.#env,
          );
    // Only now: where `open` fails, nothing had to go.
    if (this.#entries.size >= this.#options.maxPools) {
      this.#totals.displaced++;
      void this.#retire(this.#entries.unused()!);
    }
    this.#entries.add(new KeyedEntry(key, pool));
    this.#totals.opened++;
    if (this.#timer === undefined) this.#arm();
    return pool;
  }

  #checkRoom(key: K): void {
    const { maxPools } = this.#options;
    if (this.#entries.size < maxPools || this.#entries.unused() !== undefined) return;
    this.#totals.exhausted++;
    throw withoutStack(() => new PoolKeysExhaustedError(this.name, key, maxPools));
  }

  #retire(entry: KeyedEntry<K, T>): Promise<void> {
    this.#entries.remove(entry);
    const closed = entry.pool.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
    return closed;
  }

  #arm(): void {
    const { scheduler } = this.#env;
    if (this.#options.idleTimeoutMs === Infinity) return;
    this.#timer = scheduler.after(this.#lookMs, () => {
      this.#timer = undefined;
      // By the clock, not by counting: after a freeze everything is as old as it is.
      this.#entries.tick = Math.floor((scheduler.now() - this.#began) / this.#lookMs);
      this.#look();
      if (this.#entries.size > 0) this.#arm();
    });
    this.#timer.unref();
  }

  #look(): void {
    // Whole ticks, begun ones included: only what is older by one more is surely old enough.
    for (const entry of this.#entries.unusedFor(LOOKS)) {
      this.#totals.idled++;
      void this.#retire(entry);
    }
  }

  async #end(finish: (pool: Pool<T>) => Promise<void>): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    const entries = this.#entries.newestFirst();
    this.#ending = entries.map(({ pool }) => pool);
    for (const entry of entries) this.#entries.remove(entry);
    await Promise.all([...this.#ending.map(finish), ...this.#closing]);
  }
}

function reject(error: unknown): Promise<never> {
  return Promise.reject(
    error instanceof Error ? error : new Error('open threw what is no Error', { cause: error }),
  );
}
