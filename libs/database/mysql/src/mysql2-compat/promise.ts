import type { Pool } from 'mysql2/promise';
import type { CompatOptions } from './config.js';
import { createPool as createCallbackPool } from './pool.js';

/**
 * A drop-in for `createPool` of `mysql2/promise`, over our engine; see `createPool` of `@nest-pooling/mysql/mysql2-compat`, of which this
 * is the promise face.
 *
 * @throws OptionsError with everything that is wrong
 */
export function createPool(options: CompatOptions | string): Pool {
  const { Promise: Own } = (typeof options === 'string' ? {} : options) as { Promise?: PromiseConstructor };
  return createCallbackPool(options).promise(Own);
}
