import { ServicesError } from './errors.js';
import { LOOPBACK } from './free-port.js';

/** When pgbouncer takes a server back from a client. */
export type PoolMode = 'session' | 'transaction' | 'statement';

/** What kind of pgbouncer is wanted. */
export interface PgBouncerOptions {
  /** The server behind it. */
  readonly target: { readonly port: number };
  /** Default `transaction`. */
  readonly mode?: PoolMode;
  /** Servers for each pair of user and database; default 10. */
  readonly poolSize?: number;
  /** Clients at the same time; default 200. */
  readonly maxClients?: number;
  /** Names and passwords; an empty password lets anybody in. Default: `postgres` without one. */
  readonly users?: Readonly<Record<string, string>>;
  /** More settings of the section `[pgbouncer]`; they win over ours. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** How long it may take to start, in milliseconds; default 10000. */
  readonly startTimeoutMs?: number;
}

/** User of its admin console, the database `pgbouncer`. */
export const ADMIN = 'pgbouncer';

/**
 * Refuses what would make a configuration of another meaning.
 * @throws ServicesError `SERVICES_OPTIONS` with every problem.
 */
export function checkPgBouncer(options: PgBouncerOptions): void {
  const problems: string[] = [];
  const { mode = 'transaction', poolSize = 10, maxClients = 200, users = {}, settings = {} } = options;
  if (!['session', 'transaction', 'statement'].includes(mode)) {
    problems.push(`mode: must be session, transaction or statement (got ${JSON.stringify(mode)})`);
  }
  for (const [path, value] of [
    ['poolSize', poolSize],
    ['maxClients', maxClients],
  ] as const) {
    if (!Number.isInteger(value) || value < 1)
      problems.push(`${path}: must be a whole number from 1 (got ${value})`);
  }
  for (const [name, value] of Object.entries(settings)) {
    if (!/^[a-z_]+$/.test(name)) problems.push(`settings.${name}: is not a name of a setting`);
    if (/[\r\n\0]/.test(String(value))) problems.push(`settings.${name}: must be one line`);
  }
  for (const name of Object.keys(users)) {
    if (/[\r\n\0]/.test(name + users[name])) problems.push(`users.${name}: must be one line`);
  }
  if (problems.length === 0) return;
  throw new ServicesError('SERVICES_OPTIONS', `Wrong options for pgbouncer:\n  ${problems.join('\n  ')}`);
}

/** The text of its configuration. */
export function renderPgBouncer(options: PgBouncerOptions, port: number, userFile: string): string {
  const { mode = 'transaction', poolSize = 10, maxClients = 200, target, settings = {} } = options;
  const lines = Object.entries({
    listen_addr: LOOPBACK,
    listen_port: port,
    unix_socket_dir: '',
    auth_type: hasPasswords(options) ? 'scram-sha-256' : 'trust',
    auth_file: userFile,
    admin_users: ADMIN,
    pool_mode: mode,
    default_pool_size: poolSize,
    max_client_conn: maxClients,
    // Not fifteen seconds: tests kill and restart the server behind it.
    server_login_retry: 0.2,
    server_connect_timeout: 5,
    ...settings,
  }).map(([name, value]) => `${name} = ${value}`);
  return `[databases]\n* = host=${LOOPBACK} port=${target.port}\n\n[pgbouncer]\n${lines.join('\n')}\n`;
}

/** The text of its file of users. */
export function renderUsers({ users = { postgres: '' } }: PgBouncerOptions): string {
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  return Object.entries({ [ADMIN]: '', ...users })
    .map(([name, password]) => `${quote(name)} ${quote(password)}\n`)
    .join('');
}

function hasPasswords({ users = {} }: PgBouncerOptions): boolean {
  return Object.values(users).some((password) => password !== '');
}
