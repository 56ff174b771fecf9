import type { AcquireOptions } from './acquire-options.js';
import type { Pool } from './pool.js';

/**
 * Makes a function of one that needs a resource first: each call borrows one, passes it on, and gives it back.
 *
 * ```ts
 * const find = pooled(pool, (client, id: number) => client.query('SELECT … WHERE id = $1', [id]));
 * await find(7);
 * ```
 */
export function pooled<T, Args extends readonly unknown[], R>(
  pool: Pool<T>,
  work: (resource: T, ...args: Args) => Promise<R> | R,
  options?: AcquireOptions,
): (...args: Args) => Promise<R> {
  return (...args) => pool.use((resource) => work(resource, ...args), options);
}
