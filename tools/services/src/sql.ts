import { Client } from 'pg';
import { ServicesError, textOf } from './errors.js';
import { LOOPBACK } from './free-port.js';

/** Where a statement of ours goes. */
export interface SqlTarget {
  /** Name of the node, for errors. */
  readonly name: string;
  readonly port: number;
}

/** Bounds of a statement of ours. */
export interface SqlOptions {
  /** Default `postgres`. */
  readonly database?: string;
  /** Bound in milliseconds for connecting and for each statement; default 5000. */
  readonly timeoutMs?: number;
}

/** Runs one statement and gives its rows. */
export type RunSql = <Row extends object>(text: string, params?: readonly unknown[]) => Promise<Row[]>;

/**
 * Opens a connection of its own, lends it to `work`, and closes it.
 * @throws ServicesError `SERVICES_SQL` when it cannot connect or a statement fails; other errors of `work` go through.
 */
export async function withSql<R>(
  target: SqlTarget,
  work: (run: RunSql) => Promise<R>,
  options: SqlOptions = {},
) {
  const timeoutMs = options.timeoutMs ?? 5_000;
  const client = new Client({
    host: LOOPBACK,
    port: target.port,
    user: 'postgres',
    database: options.database ?? 'postgres',
    // Explicit, or pg takes them from PG* variables of the caller.
    password: '',
    ssl: false,
    application_name: 'nest-pooling-services',
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  // Without a listener Node would end when the server dies; the statement in flight rejects anyway.
  client.on('error', () => undefined);
  const failed = (what: string, cause: unknown) =>
    new ServicesError('SERVICES_SQL', `${target.name}: ${what}: ${textOf(cause)}`, {
      cause,
      node: target.name,
    });
  try {
    await client.connect().catch((error: unknown) => {
      throw failed(`no connection to port ${target.port}`, error);
    });
    return await work(async <Row extends object>(text: string, params?: readonly unknown[]) => {
      try {
        return (await client.query<Row>(text, params === undefined ? undefined : [...params])).rows;
      } catch (error) {
        throw failed(`"${text}" failed`, error);
      }
    });
  } finally {
    // A polite end waits for the server; one that is frozen in the meantime would never answer.
    const polite = client.end().catch(() => undefined);
    const timer = setTimeout(() => client.connection.stream.destroy(), 500);
    await polite;
    clearTimeout(timer);
  }
}

/** One statement on a connection of its own; see {@link withSql}. */
export function sql<Row extends object>(
  target: SqlTarget,
  text: string,
  params?: readonly unknown[],
  options?: SqlOptions,
): Promise<Row[]> {
  return withSql(target, (run) => run<Row>(text, params), options);
}
