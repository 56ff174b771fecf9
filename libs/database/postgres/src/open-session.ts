import type { Env } from '@nest-pooling/core';
import { untilAborted, type Lane, type NodeTarget } from '@nest-pooling/sql';
import type { Client } from 'pg';
import { cancelStatement } from './cancel.js';
import type { PostgresDriverOptions } from './driver-options.js';
import { SetupFailedError } from './errors.js';
import type { Address } from './host-list.js';
import type { Login } from './login.js';
import { preparerOf, type Pg } from './pg.js';
import { PostgresSession } from './session.js';
import { sessionSettings } from './session-settings.js';
import { applicationName, joinSettings, type Settings } from './settings.js';
import type { PostgresTarget } from './target-options.js';
import { Wire } from './wire.js';

/** How long `close` waits for the server to let go (CASES: close 5 s). */
const CLOSE_TIMEOUT_MS = 5_000;
/** A quiet connection is checked by the kernel after this time, so that a vanished server is noticed. */
const KEEPALIVE_MS = 10_000;
/** Makes a misjudged write on the read lane an error (25006) instead of a write. */
const READ_ONLY: Settings = { default_transaction_read_only: 'on' };
/** How many prepared statements a connection keeps. */
const PREPARED_STATEMENTS = 200;

/** What a session is opened for, and with. */
export interface Opening {
  readonly pg: Pg;
  readonly options: PostgresDriverOptions;
  /** The settings of every session. */
  readonly settings: Settings;
  readonly target: NodeTarget;
  readonly lane: Lane;
  readonly env: Env;
  readonly signal: AbortSignal;
}

/** Looks at a session before it is set up; rejects to have it closed. */
export type Accept = (session: PostgresSession) => Promise<void>;

/** Opens one session: connects, logs in, reads who answers, sets up. A failure or the signal leaves no socket behind. */
export async function openSession(
  opening: Opening,
  address: Address,
  login: Login,
  accept?: Accept,
): Promise<PostgresSession> {
  const { pg, target, lane, env, signal } = opening;
  const settings = lane === 'read' ? joinSettings(opening.settings, READ_ONLY) : opening.settings;
  const { pipeline = true, types, onConnect, preparedStatements = PREPARED_STATEMENTS } = opening.options;
  const { applicationName: given, channelBinding = false } = target as Partial<PostgresTarget>;
  const { proxy = target.proxied ? 'transaction' : 'none' } = target as Partial<PostgresTarget>;
  const pipelined = pipeline && proxy === 'none';
  const name = applicationName(given ?? opening.options.applicationName, target.id, lane);
  const sent = sessionSettings(settings, name, lane, proxy);
  const { user, password, tls = false } = login;
  const client = new pg.Client({
    ...address,
    user,
    password,
    database: target.database,
    ssl: tls,
    enableChannelBinding: channelBinding,
    application_name: name,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_MS,
    types,
    pipeline: pipelined,
  });
  sendAtStartup(client, sent.startup);
  const wire = new Wire(pg, client, { node: target.id, env, maxPrepared: preparedStatements });
  const session = new PostgresSession(
    {
      target,
      lane,
      pipelined,
      proxy,
      settings: sent,
      onConnect,
      closeTimeoutMs: CLOSE_TIMEOUT_MS,
      prepareValue: preparerOf(pg),
      cancel: (of) => cancelStatement(pg, of, { node: target.id, ...address, tls, env }),
    },
    wire,
  );
  const { stream } = client.connection;
  try {
    await untilAborted(wire.connect(), signal);
    await untilAborted(session.identify(), signal);
    if (accept) await untilAborted(accept(session), signal);
    if (onConnect) await untilAborted(onConnect(session), signal);
    if (session.state !== 'idle') throw new SetupFailedError(target.id, session.state);
  } catch (error) {
    session.destroy();
    // While TLS is being set up the connection has two streams.
    stream.destroy();
    throw error;
  }
  return session;
}

/** pg knows some parameters of the startup message; the server takes any setting. */
function sendAtStartup(client: Client, settings: Settings): void {
  const startup = client as unknown as { getStartupConf(): Record<string, string> };
  const own = startup.getStartupConf.bind(client);
  startup.getStartupConf = () => {
    // PGOPTIONS of whoever started the process is none of the pool's settings.
    const { options: _, ...known } = own();
    return { ...known, ...settings };
  };
}
