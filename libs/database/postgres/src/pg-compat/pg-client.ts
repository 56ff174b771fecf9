import type { PoolClient } from 'pg';

/**
 * The parts of a `pg.Client` that pg.Pool itself works with, and that are stable in pg 8, but not in its types. A
 * client of another class (`pg.native`, a user's own) may lack some.
 */
interface Insides {
  readonly _queryable?: boolean;
  readonly _ending?: boolean;
  readonly readyForQuery?: boolean;
  readonly _queryQueue?: readonly unknown[];
  readonly connection?: { readonly stream?: { destroy(): void } };
  ref?(): void;
  unref?(): void;
}

const insides = (client: PoolClient): Insides => client;

/** Whether a client can take no statement any more. */
export function isDead(client: PoolClient): boolean {
  const { _queryable, _ending } = insides(client);
  return _queryable === false || _ending === true;
}

/** Whether a client waits for no answer. */
export function isQuiet(client: PoolClient): boolean {
  const { readyForQuery, _queryQueue } = insides(client);
  return readyForQuery !== false && (_queryQueue === undefined || _queryQueue.length === 0);
}

/** Whether no transaction is open, as the server said last; `true` where the client cannot tell. */
export function isIdle(client: PoolClient): boolean {
  const status = client.getTransactionStatus?.();
  return status === 'I' || status === null || status === undefined;
}

/** Waits until a client has the answer to everything that it was asked. Rejects when the connection is lost. */
export async function untilQuiet(client: PoolClient): Promise<void> {
  while (!isQuiet(client) && !isDead(client)) {
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        client.off('drain', settle);
        client.off('end', settle);
        resolve();
      };
      client.on('drain', settle);
      client.on('end', settle);
    });
  }
  if (isDead(client)) throw new Error('the connection was lost');
}

/** Whether an idle client keeps the process alive. */
export function keepAlive(client: PoolClient, keeps: boolean): void {
  if (keeps) insides(client).ref?.();
  else insides(client).unref?.();
}

/** Cuts the connection, whatever the server does. */
export function cut(client: PoolClient): void {
  const { connection } = insides(client);
  if (connection?.stream === undefined) client.end().catch(() => {});
  else connection.stream.destroy();
}
