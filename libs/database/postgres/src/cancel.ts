import { isIP } from 'node:net';
import type { Env } from '@nest-pooling/core';
import type { Client, Connection } from 'pg';
import { CancelFailedError } from './errors.js';
import type { Pg } from './pg.js';

/** What is known of the connection whose statement is to be cancelled. */
export interface CancelTarget {
  readonly node: string;
  readonly host: string;
  readonly port: number;
  /** As given to pg. */
  readonly tls: object | false;
  readonly env: Env;
}

/** A cancel that takes longer is as good as none. */
const LIMIT_MS = 2_000;

/** The parts of `pg.Connection` that its types leave out. */
interface CancelConnection extends Connection {
  connect(port: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
}

/**
 * Sends a CancelRequest over a connection of its own, by TLS if the session uses it. Resolves when the server has
 * closed that connection, which it does after it has passed the request on.
 *
 * @throws CancelFailedError `SQL_CANCEL_FAILED` when there was no connection, or no end of it within 2 s
 */
export function cancelStatement(pg: Pg, client: Client, target: CancelTarget): Promise<void> {
  const { node, port, tls, env } = target;
  const { processID, secretKey } = client as unknown as {
    processID: number | null;
    secretKey: number | null;
  };
  if (processID === null || secretKey === null) {
    return Promise.reject(new CancelFailedError(node, 'the server gave no key to do so'));
  }
  // A name may stand for several servers: the one to ask is the one that the session is connected to.
  const peer = (client.connection.stream as { remoteAddress?: string }).remoteAddress;
  const host = peer ?? target.host;
  const connection = new pg.Connection({ ssl: tls && withServerName(tls, target.host) }) as CancelConnection;

  return new Promise((resolve, reject) => {
    let sent = false;
    let failure: unknown;
    const raw = connection.stream;
    const send = (): void => {
      sent = true;
      connection.cancel(processID, secretKey);
    };
    const timer = env.scheduler.after(LIMIT_MS, () => {
      sent = false;
      failure ??= new Error(`no answer within ${LIMIT_MS} ms`);
      connection.stream.destroy();
      raw.destroy();
    });
    connection.on('connect', () => (tls ? connection.requestSsl() : send()));
    connection.on('sslconnect', send);
    // Once the request is out, the server may well reset the connection instead of closing it.
    connection.on('error', (error: unknown) => {
      failure ??= error;
      raw.destroy();
    });
    connection.once('end', () => {
      timer.cancel();
      if (sent) resolve();
      else reject(new CancelFailedError(node, 'the server could not be told', { cause: failure }));
    });
    if (target.host.startsWith('/')) connection.connect(`${target.host}/.s.PGSQL.${port}`);
    else connection.connect(port, host);
  });
}

/** Certificates are checked against the name that was configured, not against the address behind it. */
function withServerName(tls: object, host: string): object {
  return isIP(host) === 0 && !('servername' in tls) ? { ...tls, servername: host } : tls;
}
