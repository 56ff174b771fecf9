import { Problems, type Budget } from '@nest-pooling/core';
import type { PoolOptions } from './options.js';
import type { Pool } from './pool.js';

/** Options of the pool of one key. Its name is `<name>.<key>` unless it has one of its own. */
export type KeyedPoolOptions<T> = Omit<PoolOptions<T>, 'name'> & { readonly name?: string };

/** What makes {@link KeyedPools}. */
export interface KeyedPoolsOptions<K extends string | number, T> {
  /** Shown in errors and stats, and the first part of the names of the pools. */
  readonly name: string;
  /**
   * Describes the pool of a key, or makes it; called when the key is asked for and has none. A pool that it
   * returns belongs to the keyed pools from then on: they close it. What it throws goes to the caller.
   */
  readonly open: (key: K) => KeyedPoolOptions<T> | Pool<T>;
  /**
   * Pools at the most. For one more, the least recently used one that nobody uses is closed. Default 100: at two
   * resources each that is twice what a stock server allows, so give a budget, or lower it, for databases.
   */
  readonly maxPools?: number;
  /**
   * How long a pool that nobody uses is kept, in milliseconds; exact to a tenth of it. Default 600,000: longer
   * than a pool keeps its idle resources. `Infinity` for ever.
   */
  readonly idleTimeoutMs?: number;
  /** One limit for all the pools; a pool whose options name another keeps that. Default: none. */
  readonly budget?: Budget;
}

/** The options with every default filled in. */
export type ResolvedKeyedPoolsOptions<K extends string | number, T> = Required<
  Omit<KeyedPoolsOptions<K, T>, 'budget'>
> & { readonly budget: Budget | undefined };

/** Refuses wrong options, all at once, and fills in the rest. */
export function resolveKeyedPoolsOptions<K extends string | number, T>(
  options: KeyedPoolsOptions<K, T>,
): ResolvedKeyedPoolsOptions<K, T> {
  const { name, open, maxPools = 100, idleTimeoutMs = 600_000, budget } = options;
  const problems = new Problems();
  problems.unknown('', options, ['name', 'open', 'maxPools', 'idleTimeoutMs', 'budget']);
  if (typeof name !== 'string' || name === '') problems.add('name', 'must be a text that is not empty', name);
  if (typeof open !== 'function') problems.add('open', 'must be a function', typeof open);
  problems.number('maxPools', maxPools, { min: 1, integer: true, infinite: true });
  problems.duration('idleTimeoutMs', idleTimeoutMs, { min: 1, infinite: true });
  problems.type('budget', budget, 'object');
  problems.throwIfAny(`the keyed pools '${name}'`);
  return { name, open, maxPools, idleTimeoutMs, budget };
}
