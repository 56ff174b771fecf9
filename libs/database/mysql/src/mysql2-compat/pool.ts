import type { Pool } from 'mysql2';
import { checked, type CompatOptions } from './config.js';
import { ConnectionLender } from './connection-lender.js';
import { asPool, PoolFace } from './pool-face.js';

/** A pool whose connections are its own. */
class OwnPool extends PoolFace {
  protected override readonly lender: ConnectionLender;

  constructor(given: CompatOptions | string) {
    const all = checked(given);
    super(all.config);
    this.lender = new ConnectionLender(this, all);
  }
}

/**
 * A drop-in for `createPool` of `mysql2`, over our engine. Everything that mysql2's pool documents is there, with its names, its meanings, its
 * messages and the driver's own errors; it is an instance of mysql2's `Pool`, and it lends real `PoolConnection`s. `pool.promise()`, and
 * `createPool` of `@nest-pooling/mysql/mysql2-compat/promise`, are its promise face.
 *
 * ```ts
 * import { createPool } from '@nest-pooling/mysql/mysql2-compat'; // was: from 'mysql2'
 * const pool = createPool({ uri, connectionLimit: 20 });
 * ```
 *
 * What is different, on purpose:
 *
 * - A transaction that a borrower left open is rolled back before anybody else has the connection, what still runs is waited for, and
 *   `SET autocommit = 0` is undone; `pooling: { onReturn: 'nothing' }` is exactly as mysql2.
 * - Whoever waits takes whatever connection becomes free first, also when one was begun for him.
 * - While a server refuses connections, callers are told at once and it is asked again after 10 to 100 ms, instead of once for each of them.
 * - Each borrowing has its event `acquire` and its event `release`, also one that had to wait.
 * - Wrong options are refused, all of them at once, where mysql2 writes a warning or takes its default. `acquireTimeout`
 *   holds, which mysql2 ignores. An `idleTimeout` that is given holds also where `maxIdle` is not.
 * - What is asked of a connection that is lost fails, also as a stream; no `error` of a connection ends the process.
 *
 * @throws OptionsError with everything that is wrong
 */
export function createPool(options: CompatOptions | string): Pool {
  return asPool(new OwnPool(options));
}
