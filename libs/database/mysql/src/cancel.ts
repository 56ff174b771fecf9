import { connect } from 'node:net';
import type { Env } from '@nest-pooling/core';
import type { RawConnection } from './connection.js';
import { CancelFailedError } from './errors.js';
import { isServerError } from './fault.js';

/** What is known of the connection whose statement is to be cancelled. */
export interface CancelTarget {
  readonly node: string;
  readonly env: Env;
  readonly connection: RawConnection;
  /** The port of the server; `undefined` for a socket file. */
  readonly port: number | undefined;
  /** Opens another connection with the same login, over `stream` if there is one. */
  readonly open: (stream: (() => unknown) | undefined) => RawConnection;
}

/** A cancel that takes longer is as good as none. */
const LIMIT_MS = 2_000;
/** There is no such connection any more. */
const NO_SUCH_THREAD = 1094;

/**
 * Has the server end what a connection runs, by `KILL QUERY` over a connection of its own. Resolves when the server has done so.
 *
 * @throws CancelFailedError `SQL_CANCEL_FAILED` when the server could not be told, or did not answer within 2 s
 */
export function cancelStatement({ node, env, connection, port, open }: CancelTarget): Promise<void> {
  const { threadId, stream } = connection;
  if (threadId === null || threadId === undefined) {
    return Promise.reject(new CancelFailedError(node, 'the connection has no number'));
  }
  return new Promise((resolve, reject) => {
    // A name may stand for several servers: the one to ask is the one that the session is connected to.
    const peer = stream.remoteAddress;
    const other = open(
      peer === undefined || port === undefined ? undefined : () => connect(port, peer).setNoDelay(true),
    );
    let over = false;
    const end = (failure?: unknown): void => {
      if (over) return;
      over = true;
      timer.cancel();
      other.destroy();
      other.stream.destroy();
      if (failure === undefined) resolve();
      else reject(new CancelFailedError(node, 'the server could not be told', { cause: failure }));
    };
    const timer = env.scheduler.after(LIMIT_MS, () => end(new Error(`no answer within ${LIMIT_MS} ms`)));
    other.on('error', end);
    other.query({ sql: `KILL QUERY ${threadId}` }, (error) => {
      const gone = isServerError(error) && error.errno === NO_SUCH_THREAD;
      end(error && !gone ? error : undefined);
    });
  });
}
