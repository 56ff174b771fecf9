import type { Problems } from '@nest-pooling/core';

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
}

const PROTOCOLS = ['mysql:', 'mariadb:'];
/** The words of these servers and of Postgres. */
const MODES: Readonly<Record<string, 'disable' | 'require' | 'verify-ca' | 'verify-full'>> = {
  disabled: 'disable',
  disable: 'disable',
  required: 'require',
  require: 'require',
  verify_ca: 'verify-ca',
  'verify-ca': 'verify-ca',
  verify_identity: 'verify-full',
  'verify-full': 'verify-full',
};
const MODE_NAMES = ['ssl-mode', 'sslmode'];
const FILES: Readonly<Record<string, string>> = { 'ssl-ca': 'ca', 'ssl-cert': 'cert', 'ssl-key': 'key' };
const PARAMETERS = [...MODE_NAMES, ...Object.keys(FILES), 'socket'];

/**
 * Reads a connection URL. The protocol alone decides whether it is one of MySQL. Messages name what is wrong and
 * never show the URL, which may hold a password.
 */
export function readUrl(text: string, problems: Problems, path: string): ConnectionParts | undefined {
  const before = problems.count;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    problems.add(path, 'is no URL; characters such as @ : / # in user or password must be percent-encoded');
    return undefined;
  }
  if (!PROTOCOLS.includes(url.protocol)) {
    problems.add(path, 'must begin with mysql:// or mariadb://', `${url.protocol}//…`);
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
  const parts = {
    host: query.get('socket') ?? decode(url.hostname, 'host')?.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? undefined : Number(url.port),
    database: decode(url.pathname.replace(/^\//, ''), 'database'),
    user: decode(url.username, 'user'),
    password: decode(url.password, 'password'),
    tls: tlsOf(query),
  };
  if (problems.count > before) return undefined;
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}

function checkParameters(query: URLSearchParams, problems: Problems, path: string): void {
  for (const name of query.keys()) {
    if (PARAMETERS.includes(name)) continue;
    problems.add(
      path,
      `has a parameter '${name}' that is not supported; supported are ${PARAMETERS.join(', ')}`,
    );
  }
  const given = MODE_NAMES.flatMap((name) => query.get(name) ?? []);
  if (given.length > 1) problems.add(path, 'has both ssl-mode and sslmode');
  const mode = given[0]?.toLowerCase();
  if (mode === 'preferred' || mode === 'prefer' || mode === 'allow') {
    problems.add(path, `has ssl-mode=${mode}, which may silently do without TLS; use required or disabled`);
  } else if (mode !== undefined) problems.oneOf(`${path} ssl-mode`, mode, Object.keys(MODES));
  const files = Object.keys(FILES).filter((name) => query.has(name));
  if (files.length > 0 && (mode === undefined || MODES[mode] === 'disable')) {
    problems.add(path, `has ${files.join(', ')} but no ssl-mode that would use it`);
  }
}

function tlsOf(query: URLSearchParams): TlsFiles | false | undefined {
  const given = query.get('ssl-mode') ?? query.get('sslmode');
  const mode = given === null ? undefined : MODES[given.toLowerCase()];
  if (mode === undefined) return undefined;
  if (mode === 'disable') return false;
  const files = Object.fromEntries(
    Object.entries(FILES)
      .filter(([name]) => query.has(name))
      .map(([name, option]) => [option, query.get(name)!]),
  );
  if (mode === 'verify-full') return { rejectUnauthorized: true, files };
  // Encrypts and checks nobody, unless it was given an authority to check against.
  return mode === 'verify-ca' || 'ca' in files
    ? { rejectUnauthorized: true, checkServerIdentity: () => undefined, files }
    : { rejectUnauthorized: false, files };
}
