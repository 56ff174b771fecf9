import { OptionsError } from '@nest-pooling/core';
import type { SqlSession } from './driver.js';
import { LentConnection } from './lent-connection.js';
import type { SqlConnection } from './sql-pool.js';

/** What an exchange has at hand, and tells. */
export interface Exchange {
  /** The session, for itself until the exchange has ended. */
  readonly session: SqlSession;
  /** The server is waited for from now on: when that takes longer than any statement may, the session is given up. */
  busy(): void;
  /** The server waits for us: that is nobody's fault but the caller's. */
  idle(): void;
}

/**
 * Runs something on a lent session that is no statement: for the packages of drivers, which add what their server alone has
 * (COPY), not for applications. It takes its turn among the connection's statements and has their limits. When one is
 * reached the caller is told at once, the exchange is cancelled on the server, and `work` has to end by itself.
 *
 * @throws OptionsError when the connection is not one of this package's
 * @throws SqlError what a driver's error means, as for a statement
 */
export function exchange<R>(
  connection: SqlConnection,
  work: (exchange: Exchange) => Promise<R>,
  options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
): Promise<R> {
  if (!(connection instanceof LentConnection)) {
    throw new OptionsError('an exchange', ['connection: must be one that a pool of this package has lent']);
  }
  return connection.exchange(work, options);
}
