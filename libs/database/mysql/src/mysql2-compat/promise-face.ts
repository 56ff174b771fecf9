import type { PoolConnection as CallbackConnection } from 'mysql2';
import promises, { type Pool, type PoolConnection } from 'mysql2/promise';
import type { Told } from './insides.js';

/** A connection or a pool with callbacks. */
type Callbacks = Record<
  'query' | 'execute' | 'beginTransaction' | 'commit' | 'rollback',
  (...given: unknown[]) => unknown
>;

interface Classes {
  readonly PromisePool: new (pool: object, Own: PromiseConstructor) => { readonly pool: object };
  readonly PromisePoolConnection: new (
    connection: object,
    Own: PromiseConstructor,
  ) => { readonly connection: object };
}

const theirs = promises as unknown as Classes;
const WITH_CALLBACK = 'Callback function is not available with promise clients.';

/**
 * An answer as a promise. mysql2 notes the stack of every call in case it fails, which takes a quarter of all that a statement takes; here it is
 * noted when one fails, and leads by way of the promise to where the caller waits.
 */
async function asked(ask: (told: Told) => unknown): Promise<[unknown, unknown]> {
  try {
    return await new Promise((resolve, reject) => {
      ask((error, rows, fields) => (error ? reject(error) : resolve([rows, fields])));
    });
  } catch (error) {
    if (typeof error === 'object' && error !== null) Error.captureStackTrace(error);
    throw error;
  }
}

function run(
  on: object,
  way: 'query' | 'execute',
  sql: unknown,
  values: unknown,
): Promise<[unknown, unknown]> {
  if (typeof values === 'function') throw new Error(WITH_CALLBACK);
  return asked((told) =>
    values === undefined ? (on as Callbacks)[way](sql, told) : (on as Callbacks)[way](sql, values, told),
  );
}

class PromisePoolConnection extends theirs.PromisePoolConnection {
  query(sql: unknown, values?: unknown): Promise<unknown> {
    return run(this.connection, 'query', sql, values);
  }

  execute(sql: unknown, values?: unknown): Promise<unknown> {
    return run(this.connection, 'execute', sql, values);
  }

  beginTransaction(): Promise<unknown> {
    return asked((told) => (this.connection as Callbacks).beginTransaction(told));
  }

  commit(): Promise<unknown> {
    return asked((told) => (this.connection as Callbacks).commit(told));
  }

  rollback(): Promise<unknown> {
    return asked((told) => (this.connection as Callbacks).rollback(told));
  }
}

class PromisePool extends theirs.PromisePool {
  query(sql: unknown, values?: unknown): Promise<unknown> {
    return run(this.pool, 'query', sql, values);
  }

  execute(sql: unknown, values?: unknown): Promise<unknown> {
    return run(this.pool, 'execute', sql, values);
  }

  async getConnection(): Promise<PoolConnection> {
    const { pool } = this as unknown as { pool: { getConnection(told: Told): void } };
    const [connection] = await asked((told) => pool.getConnection(told));
    return promisesOf(connection as CallbackConnection);
  }
}

/** What `promise()` of a connection gives. A promise of another kind than the usual is left to mysql2. */
export function promisesOf(connection: CallbackConnection, Own = Promise): PoolConnection {
  const Class = Own === Promise ? PromisePoolConnection : theirs.PromisePoolConnection;
  return new Class(connection, Own) as unknown as PoolConnection;
}

/** What `promise()` of a pool gives. */
export function promisePoolOf(pool: object, Own = Promise): Pool {
  const Class = Own === Promise ? PromisePool : theirs.PromisePool;
  return new Class(pool, Own) as unknown as Pool;
}
