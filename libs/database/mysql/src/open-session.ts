import { isIP } from 'node:net';
import type { Env } from '@nest-pooling/core';
import { untilAborted, type Lane, type Login, type NodeTarget } from '@nest-pooling/sql';
import { cancelStatement } from './cancel.js';
import type { RawConnection } from './connection.js';
import { offsetOf, type MysqlDriverOptions } from './driver-options.js';
import { SetupFailedError } from './errors.js';
import type { Mysql2 } from './mysql2.js';
import { MysqlSession } from './session.js';
import { limitSettings, literal, settingsStatement, statementLimit } from './settings.js';
import type { Flavour } from './statements.js';
import type { Unpreparable } from './unpreparable.js';
import { Wire } from './wire.js';

/** How long `close` waits for the server to let go (CASES: close 5 s). */
const CLOSE_TIMEOUT_MS = 5_000;
/** A quiet connection is checked by the kernel after this time, so that a vanished server is noticed. */
const KEEPALIVE_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 60_000;
const LOCK_TIMEOUT_MS = 10_000;
const PREPARED_STATEMENTS = 256;
/** How long the server waits for the reader of a stream, in seconds. */
const READER_S = 3_600;

/** What a session is opened for, and with. */
export interface Opening {
  readonly mysql2: Mysql2;
  readonly options: MysqlDriverOptions;
  readonly unpreparable: Unpreparable;
  readonly target: NodeTarget;
  readonly lane: Lane;
  readonly env: Env;
  readonly signal: AbortSignal;
}

/** Opens one session: connects, logs in, sets up, reads who answers. A failure or the signal leaves no socket behind. */
export async function openSession(opening: Opening, login: Login): Promise<MysqlSession> {
  const { target, lane, env, signal, options, unpreparable } = opening;
  const { onConnect, preparedStatements = PREPARED_STATEMENTS } = options;
  const open = (stream?: () => unknown): RawConnection => connectionOf(opening, login, stream);
  const port = target.host.startsWith('/') ? undefined : target.port;
  const wire = new Wire(open(), { node: target.id, env, maxPrepared: preparedStatements });
  const session = new MysqlSession(
    {
      target,
      lane,
      env,
      settings: (flavour) => settingsOf(flavour, options),
      streaming: (flavour) => streamingOf(flavour, options),
      onConnect,
      closeTimeoutMs: CLOSE_TIMEOUT_MS,
      unpreparable,
      cancel: ({ connection }) => cancelStatement({ node: target.id, env, connection, port, open }),
    },
    wire,
  );
  try {
    await untilAborted(session.open(), signal);
    if (onConnect) await untilAborted(onConnect(session), signal);
    if (session.state !== 'idle') throw new SetupFailedError(target.id, session.state);
  } catch (error) {
    session.destroy();
    throw error;
  }
  return session;
}

function connectionOf(
  { mysql2, options, target, lane }: Opening,
  { user, password, tls }: Login,
  stream: (() => unknown) | undefined,
): RawConnection {
  const { host, port, database, id } = target;
  const { applicationName = `nest-pooling ${id} ${lane}`, preparedStatements = PREPARED_STATEMENTS } =
    options;
  const given = {
    ...(host.startsWith('/') ? { socketPath: host } : { host, port }),
    ...(stream === undefined ? {} : { stream }),
    user,
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    ...(tls === undefined ? {} : { ssl: sslOf(host, tls) }),
    ...valuesOf(options),
    // What the server may ask for is what it was given, and no file of ours.
    flags: ['-LOCAL_FILES'],
    multipleStatements: false,
    // The signal is the limit.
    connectTimeout: 0,
    enableKeepAlive: true,
    keepAliveInitialDelay: KEEPALIVE_MS,
    // Ours are bounded already; those that return arrays are mysql2's, beside them.
    maxPreparedStatements: 2 * preparedStatements + 2,
    connectAttributes: { program_name: applicationName },
  };
  return mysql2.createConnection(given as never) as unknown as RawConnection;
}

/** How mysql2 sends and reads values. */
export function valuesOf(options: MysqlDriverOptions): object {
  return {
    ...options.types,
    // Without it mysql2 rounds what a number cannot hold.
    supportBigNumbers: true,
    timezone: offsetOf(options),
    charset: 'utf8mb4_unicode_ci',
  };
}

/** mysql2 checks no names unless it is told to. It cannot check an address. */
function sslOf(host: string, tls: object): object {
  const { checkServerIdentity, ...rest } = tls as { checkServerIdentity?: unknown };
  const named = !host.startsWith('/') && isIP(host) === 0;
  return { ...rest, verifyIdentity: named && checkServerIdentity === undefined };
}

function settingsOf(flavour: Flavour, options: MysqlDriverOptions): string {
  const { statementTimeoutMs = STATEMENT_TIMEOUT_MS, lockTimeoutMs = LOCK_TIMEOUT_MS } = options;
  const { idleInTransactionTimeoutMs } = options;
  return settingsStatement({
    time_zone: offsetOf(options),
    ...limitSettings(flavour, { statementTimeoutMs, lockTimeoutMs, idleInTransactionTimeoutMs }),
    ...options.settings,
  });
}

function streamingOf(flavour: Flavour, options: MysqlDriverOptions): { lift: string; restore: string } {
  const { statementTimeoutMs = STATEMENT_TIMEOUT_MS, settings = {} } = options;
  const [name, value] = Object.entries({ ...statementLimit(flavour, statementTimeoutMs) })[0]!;
  const limit = literal(settings[name] ?? value);
  const reader = settings.net_write_timeout;
  return {
    lift: `SET ${name} = 0, net_write_timeout = ${READER_S}`,
    restore: `SET ${name} = ${limit}, net_write_timeout = ${reader === undefined ? 'DEFAULT' : literal(reader)}`,
  };
}
