import type { Problems } from '@nest-pooling/core';
import { readHosts, type Address } from './host-list.js';
import { targetSessionAttrs, type TargetSessionAttrs } from './session-attrs.js';

/** TLS as a URL describes it: options of `tls.connect`, and the files that hold the rest. */
export interface TlsFiles {
  readonly rejectUnauthorized: boolean;
  readonly checkServerIdentity?: () => undefined;
  /** Option names and paths; read at every connect, so that renewed certificates are picked up. */
  readonly files: Readonly<Record<string, string>>;
}

/** What a URL says; absent is what it does not say. */
export interface ConnectionParts {
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly user?: string;
  readonly password?: string;
  readonly tls?: TlsFiles | false;
  readonly applicationName?: string;
  readonly channelBinding: boolean;
  /** Where it names several hosts; `host` and `port` are absent then. */
  readonly hosts?: readonly Address[];
  readonly sessionAttrs?: TargetSessionAttrs;
  readonly loadBalanceHosts?: boolean;
  readonly hostTimeoutMs?: number;
}

const PROTOCOLS = ['postgres:', 'postgresql:'];
const MODES = ['disable', 'require', 'verify-ca', 'verify-full', 'no-verify'];
const FILES: Readonly<Record<string, string>> = { sslrootcert: 'ca', sslcert: 'cert', sslkey: 'key' };
const PARAMETERS = [
  'sslmode',
  ...Object.keys(FILES),
  'host',
  'application_name',
  'channel_binding',
  'target_session_attrs',
  'load_balance_hosts',
  'connect_timeout',
];
/** What stands between the user and the path. URLs know one host only. */
const AUTHORITY = /^([a-z]+:\/\/(?:[^/?#]*@)?)([^/?#]*)/i;
const DEFAULT_PORT = 5_432;

/**
 * Reads a connection URL. The protocol alone decides whether it is one of Postgres. Messages name what is wrong and
 * never show the URL, which may hold a password.
 */
export function readUrl(text: string, problems: Problems, path: string): ConnectionParts | undefined {
  const before = problems.count;
  const [, prefix, named = ''] = AUTHORITY.exec(text) ?? [];
  let url: URL;
  try {
    // A host in place of several: what is left is a URL like others.
    url = new URL(named.includes(',') ? text.replace(AUTHORITY, `${prefix}several`) : text);
  } catch {
    problems.add(path, 'is no URL; characters such as @ : / # in user or password must be percent-encoded');
    return undefined;
  }
  if (!PROTOCOLS.includes(url.protocol)) {
    problems.add(path, 'must begin with postgres:// or postgresql://', `${url.protocol}//…`);
    return undefined;
  }
  const decode = (part: string, what: string): string | undefined => {
    if (part === '') return undefined;
    try {
      return decodeURIComponent(part);
    } catch {
      problems.add(path, `has a ${what} that is not percent-encoded correctly`);
      return undefined;
    }
  };
  const query = url.searchParams;
  checkParameters(query, problems, path);
  const one = decode(url.hostname, 'host')?.replace(/^\[(.*)\]$/, '$1') ?? query.get('host') ?? undefined;
  const port = url.port === '' ? undefined : Number(url.port);
  const list = named.includes(',') ? named : one?.includes(',') ? one : undefined;
  const hosts = list && readHosts(list.split(','), port ?? DEFAULT_PORT, problems, `${path} hosts`);
  const parts = {
    host: hosts ? undefined : one,
    port: hosts ? undefined : port,
    hosts: hosts || undefined,
    ...choiceOf(query),
    database: decode(url.pathname.replace(/^\//, ''), 'database'),
    user: decode(url.username, 'user'),
    password: decode(url.password, 'password'),
    tls: tlsOf(query),
    applicationName: query.get('application_name') ?? undefined,
  };
  if (problems.count > before) return undefined;
  const said = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
  return { ...said, channelBinding: ['require', 'prefer'].includes(query.get('channel_binding') ?? '') };
}

function checkParameters(query: URLSearchParams, problems: Problems, path: string): void {
  for (const name of query.keys()) {
    if (!PARAMETERS.includes(name)) {
      problems.add(
        path,
        `has a parameter '${name}' that is not supported; supported are ${PARAMETERS.join(', ')}`,
      );
    }
  }
  problems.oneOf(
    `${path} target_session_attrs`,
    query.get('target_session_attrs') ?? undefined,
    targetSessionAttrs,
  );
  problems.oneOf(`${path} load_balance_hosts`, query.get('load_balance_hosts') ?? undefined, [
    'disable',
    'random',
  ]);
  const seconds = query.get('connect_timeout');
  if (seconds !== null && !/^[1-9]\d{0,5}$/.test(seconds)) {
    problems.add(`${path} connect_timeout`, 'must be a whole number of seconds', seconds);
  }
  const mode = query.get('sslmode');
  if (mode === 'prefer' || mode === 'allow') {
    problems.add(path, `has sslmode=${mode}, which may silently do without TLS; use require or disable`);
  } else if (mode !== null) problems.oneOf(`${path} sslmode`, mode, MODES);
  const files = Object.keys(FILES).filter((name) => query.has(name));
  if (files.length > 0 && (mode === null || mode === 'disable')) {
    problems.add(path, `has ${files.join(', ')} but no sslmode that would use it`);
  }
}

/** Which of several hosts is wanted; names and meanings are libpq's. */
function choiceOf(
  query: URLSearchParams,
): Pick<ConnectionParts, 'sessionAttrs' | 'loadBalanceHosts' | 'hostTimeoutMs'> {
  const attrs = query.get('target_session_attrs');
  const balance = query.get('load_balance_hosts');
  const seconds = query.get('connect_timeout');
  return {
    ...(attrs !== null && { sessionAttrs: attrs as TargetSessionAttrs }),
    ...(balance !== null && { loadBalanceHosts: balance === 'random' }),
    ...(seconds !== null && { hostTimeoutMs: Number(seconds) * 1_000 }),
  };
}

/** As libpq has it: `require` encrypts and checks nobody, unless it was given an authority to check against. */
function tlsOf(query: URLSearchParams): TlsFiles | false | undefined {
  const mode = query.get('sslmode');
  if (mode === null) return undefined;
  if (mode === 'disable') return false;
  const files = Object.fromEntries(
    Object.entries(FILES)
      .filter(([name]) => query.has(name))
      .map(([name, option]) => [option, query.get(name)!]),
  );
  if (mode === 'verify-full') return { rejectUnauthorized: true, files };
  const checks = mode === 'verify-ca' || (mode === 'require' && 'ca' in files);
  return checks
    ? { rejectUnauthorized: true, checkServerIdentity: () => undefined, files }
    : { rejectUnauthorized: false, files };
}
