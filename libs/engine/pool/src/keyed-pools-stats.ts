import type { PoolStats } from './stats.js';

/** What {@link KeyedPools} say about themselves: numbers now, and totals since they were made. */
export interface KeyedPoolsStats<K extends string | number> {
  /** The name that the keyed pools were given. */
  readonly name: string;
  /** Open pools. */
  readonly pools: number;
  /** Pools that were taken out and are closing. */
  readonly closing: number;
  /** Pools at the most. */
  readonly maxPools: number;
  /** Pools opened since the start. */
  readonly opened: number;
  /** Pools closed since the start because another key needed the place. */
  readonly displaced: number;
  /** Pools closed since the start because nobody used them for `idleTimeoutMs`. */
  readonly idled: number;
  /** Requests refused since the start because every pool was in use. */
  readonly exhausted: number;
  /** The stats of each open pool, most recently used first. */
  readonly byKey: ReadonlyMap<K, PoolStats>;
}
