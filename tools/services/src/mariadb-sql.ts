import { type Connection, createConnection } from 'mysql2/promise';
import { ServicesError, textOf } from './errors.js';
import { LOOPBACK } from './free-port.js';
import { ROOT_PASSWORD } from './mariadb-template.js';
import type { RunSql, SqlTarget } from './sql.js';

/** Bounds of a statement of ours. */
export interface MariadbSqlOptions {
  /** Default: none. */
  readonly database?: string;
  /** Bound in milliseconds for connecting and for each statement; default 5000. */
  readonly timeoutMs?: number;
}

/**
 * Opens a connection of its own as `root`, lends it to `work`, and closes it.
 * @throws ServicesError `SERVICES_SQL` when it cannot connect or a statement fails; other errors of `work` go through.
 */
export async function withMariadb<R>(
  target: SqlTarget,
  work: (run: RunSql) => Promise<R>,
  options: MariadbSqlOptions = {},
): Promise<R> {
  const timeoutMs = options.timeoutMs ?? 5_000;
  const failed = (what: string, cause: unknown) =>
    new ServicesError('SERVICES_SQL', `${target.name}: ${what}: ${textOf(cause)}`, {
      cause,
      node: target.name,
    });
  let connection: Connection;
  try {
    connection = await createConnection({
      host: LOOPBACK,
      port: target.port,
      user: 'root',
      password: ROOT_PASSWORD,
      ...(options.database === undefined ? {} : { database: options.database }),
      connectTimeout: timeoutMs,
    });
  } catch (error) {
    throw failed(`no connection to port ${target.port}`, error);
  }
  // Without a listener Node would end when the server dies; the statement in flight rejects anyway.
  connection.on('error', () => undefined);
  try {
    return await work(async <Row extends object>(text: string, params?: readonly unknown[]) => {
      try {
        const [rows] = await connection.query({ sql: text, values: [...(params ?? [])], timeout: timeoutMs });
        return rows as Row[];
      } catch (error) {
        throw failed(`"${text}" failed`, error);
      }
    });
  } finally {
    await closed(connection);
  }
}

/** A polite end waits for the server; one that is frozen in the meantime would never answer. */
async function closed(connection: Connection): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 500);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    connection.end().then(end, end);
  });
  connection.destroy();
}

/** One statement on a connection of its own; see {@link withMariadb}. */
export function mariadbSql<Row extends object>(
  target: SqlTarget,
  text: string,
  params?: readonly unknown[],
  options?: MariadbSqlOptions,
): Promise<Row[]> {
  return withMariadb(target, (run) => run<Row>(text, params), options);
}
