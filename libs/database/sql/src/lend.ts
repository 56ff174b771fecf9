import type { Lease } from '@nest-pooling/pool';
import type { Statement } from './driver.js';
import { LentConnection } from './lent-connection.js';
import { LentSession } from './lent-session.js';
import type { Activity, NodeSession } from './node-session.js';
import { RowStream } from './row-stream.js';
import type { SqlNode } from './sql-node.js';
import type { SqlConnection, StreamOptions, TransactionOptions, UseOptions } from './sql-pool.js';
import { limitsOf } from './statement-limits.js';
import { runTransaction } from './transaction.js';
import { checkTransactionOptions } from './transaction-options.js';
import { retried } from './transaction-retry.js';

/** Lends a session of the node to `work`. `owner` is the face whose calls inside take part in it. */
export async function lendSession<R>(
  node: SqlNode,
  owner: object,
  work: (connection: SqlConnection) => Promise<R>,
  options: UseOptions | undefined,
  activity: Activity,
): Promise<R> {
  const lease = await node.pool.acquire(options);
  const connection = new LentConnection(
    new LentSession(node, lease.resource, activity, owner, options?.label),
    undefined,
    false,
  );
  try {
    const result = await connection.lendTo(work);
    // What nobody awaited must not run on while somebody else has the session.
    await connection.end();
    return result;
  } catch (error) {
    connection.sever(error);
    await connection.session.quiet();
    throw error;
  } finally {
    lease[Symbol.dispose]();
  }
}

/** Runs `work` in a transaction on a session of its own. */
export async function lendTransaction<R>(
  node: SqlNode,
  owner: object,
  work: (tx: SqlConnection) => Promise<R>,
  options: TransactionOptions | undefined,
  activity: Activity,
): Promise<R> {
  checkTransactionOptions(options);
  const { env } = node;
  const limits = limitsOf(env, options);
  return retried(env, options?.retry, limits, async () => {
    const timeoutMs = Math.max(0, (limits?.deadline ?? Infinity) - env.scheduler.now());
    const lease = await node.pool.acquire(waitOf(options, timeoutMs, limits?.signal));
    const session = new LentSession(node, lease.resource, activity, owner, options?.label);
    try {
      return await runTransaction(new LentConnection(session, undefined, true), work, options, limits);
    } finally {
      lease[Symbol.dispose]();
    }
  });
}

/** What limits the wait for a session: one that is given up already must not begin anything, though a session is idle. */
function waitOf(
  options: TransactionOptions | undefined,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): TransactionOptions | undefined {
  const own = signal === options?.signal ? options : { ...options, ...(signal && { signal }) };
  return timeoutMs === Infinity ? own : { ...own, timeoutMs };
}

/** Runs one statement on a session of its own and gives its rows as they come. */
export function lendStream<Row>(
  node: SqlNode,
  statement: Statement,
  options: StreamOptions | undefined,
  activity: Activity,
): AsyncIterable<Row> {
  let lease: Lease<NodeSession> | undefined;
  const source = {
    env: node.env,
    node: node.id,
    open: async () => {
      lease = await node.pool.acquire(options);
      const session = new LentSession(node, lease.resource, activity, {}, options?.label);
      await session.hold();
      return session;
    },
    refusal: () => undefined,
    closed: () => lease?.[Symbol.dispose](),
  };
  return new RowStream<Row>(source, statement, options);
}
