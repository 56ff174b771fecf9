import { OptionsError } from '@nest-pooling/core';
import { ambientConnection, withAmbient } from './ambient.js';
import { LazyConnection } from './lazy-connection.js';
import type { SqlResult, SqlRow } from './result.js';
import { sessionSource, type SessionSource } from './session-source.js';
import type { SqlNode } from './sql-node.js';
import {
  SqlPool,
  type QueryOptions,
  type SqlConnection,
  type StreamOptions,
  type TransactionOptions,
  type UseOptions,
} from './sql-pool.js';

/** The key of a method that is of no use to applications: see {@link writeNodeOf}. */
export const writeNode: unique symbol = Symbol.for('nest-pooling.sql.writeNode') as never;

/**
 * The node of a pool that takes writes now: for the packages of drivers, which add what their server alone has.
 * @throws OptionsError when the pool is not one of this house
 */
export function writeNodeOf(pool: SqlPool): SqlNode {
  const { [writeNode]: node } = pool as Partial<JoiningSqlPool>;
  if (node !== undefined) return node.call(pool as JoiningSqlPool);
  throw new OptionsError('the pool', ['pool: must be a SqlPool that a definition of this house has opened']);
}

/**
 * The part of a {@link SqlPool} that every implementation shares: calls take part in the transaction that
 * surrounds them. What is left to do is running things outside of one.
 */
export abstract class JoiningSqlPool extends SqlPool {
  /** What is injected: the pool itself. */
  get face(): this {
    return this;
  }

  query<Row = SqlRow>(
    text: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<SqlResult<Row>> {
    const joined = ambientConnection(this);
    return joined === undefined
      ? this.queryAlone<Row>(text, params, options)
      : joined.query<Row>(text, params, options);
  }

  stream<Row = SqlRow>(
    text: string,
    params?: readonly unknown[],
    options?: StreamOptions,
  ): AsyncIterable<Row> {
    const joined = ambientConnection(this);
    return joined === undefined
      ? this.streamAlone<Row>(text, params, options)
      : joined.stream<Row>(text, params, options);
  }

  transaction<R>(work: (tx: SqlConnection) => Promise<R>, options?: TransactionOptions): Promise<R> {
    const joined = ambientConnection(this);
    return joined === undefined ? this.transactionAlone(work, options) : joined.transaction(work, options);
  }

  async use<R>(work: (connection: SqlConnection) => Promise<R>, options?: UseOptions): Promise<R> {
    const joined = ambientConnection(this);
    if (joined === undefined) return this.useAlone(work, options);
    return joined instanceof LazyConnection ? joined.use(work, options) : work(joined);
  }

  outside<R>(work: () => Promise<R>): Promise<R> {
    return withAmbient(this, undefined, work);
  }

  /** The node that takes writes now, for packages that add what only one kind of server has. */
  abstract [writeNode](): SqlNode;

  /** Its sessions, for the same. */
  abstract [sessionSource](): SessionSource;

  /** {@link SqlPool.query} outside of any transaction. */
  protected abstract queryAlone<Row>(
    text: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<SqlResult<Row>>;

  /** {@link SqlPool.stream} outside of any transaction. */
  protected abstract streamAlone<Row>(
    text: string,
    params?: readonly unknown[],
    options?: StreamOptions,
  ): AsyncIterable<Row>;

  /** {@link SqlPool.transaction} that is not nested in another. */
  protected abstract transactionAlone<R>(
    work: (tx: SqlConnection) => Promise<R>,
    options?: TransactionOptions,
  ): Promise<R>;

  /** {@link SqlPool.use} outside of any transaction. */
  protected abstract useAlone<R>(
    work: (connection: SqlConnection) => Promise<R>,
    options?: UseOptions,
  ): Promise<R>;
}
