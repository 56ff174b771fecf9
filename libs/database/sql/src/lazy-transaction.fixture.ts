import { lazyTransaction, type LazyTransactionOptions } from './lazy-transaction.js';
import { bench } from './model.fixture.js';
import type { PoolSettings } from '@nest-pooling/pool';

/** A pool of one session, and lazy transactions on it. */
export async function world(settings: PoolSettings = {}) {
  const made = await bench({ min: 1, max: 1, ...settings });
  const lazy = <R>(work: () => Promise<R>, options?: LazyTransactionOptions): Promise<R> =>
    lazyTransaction(made.pool, work, options, made.env);
  return { ...made, lazy };
}
