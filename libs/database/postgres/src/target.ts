import { readFile } from 'node:fs/promises';
import type { Problems } from '@nest-pooling/core';
import type { CredentialsRequest } from '@nest-pooling/sql';
import { readHosts, type Address } from './host-list.js';
import { targetSessionAttrs } from './session-attrs.js';
import type { PostgresNodeOptions, PostgresTarget } from './target-options.js';
import type { Proxy } from './session-settings.js';
import { readUrl, type ConnectionParts, type TlsFiles } from './connection-url.js';

const KNOWN = [
  'url',
  'host',
  'port',
  'hosts',
  'targetSessionAttrs',
  'loadBalanceHosts',
  'hostTimeoutMs',
  'database',
  'user',
  'password',
  'tls',
  'proxied',
];
const HOST_TIMEOUT_MS = 2_000;
const DEFAULT_PORT = 5_432;

/**
 * Reads a node's connection options. What is wrong goes to `problems`, under `path`; no message shows the URL or a
 * password. Answers `undefined` when something was wrong.
 */
export function postgresTarget(
  id: string,
  options: PostgresNodeOptions,
  problems: Problems,
  path = '',
): PostgresTarget | undefined {
  const before = problems.count;
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  // Other rooms add options of their own (weight, zone): who calls decides which names exist.
  checkTypes(options, problems, at);
  const parts = typeof options.url === 'string' ? readUrl(options.url, problems, at('url')) : undefined;
  if (parts) {
    for (const name of [
      'host',
      'port',
      'hosts',
      'loadBalanceHosts',
      'hostTimeoutMs',
      'database',
      'user',
      'password',
    ] as const) {
      if (options[name] !== undefined && parts[name] !== undefined) {
        problems.add(at(name), 'is in the url already');
      }
    }
    if (options.tls !== undefined && parts.tls !== undefined) {
      problems.add(at('tls'), 'is in the url already, as sslmode');
    }
  }
  const hosts = hostsOf(options, parts, problems, at);
  const user = parts?.user ?? options.user;
  if (problems.count === before && !user) problems.add(at('user'), 'is missing, and the url names none');
  if (problems.count > before) return undefined;
  const password = parts?.password ?? options.password;
  const { proxied = false } = options;
  const proxy: Proxy = proxied === 'session' ? 'session' : proxied ? 'transaction' : 'none';
  return {
    id,
    ...hosts[0]!,
    hosts,
    sessionAttrs: parts?.sessionAttrs ?? options.targetSessionAttrs ?? 'any',
    loadBalanceHosts: parts?.loadBalanceHosts ?? options.loadBalanceHosts ?? false,
    hostTimeoutMs: parts?.hostTimeoutMs ?? options.hostTimeoutMs ?? HOST_TIMEOUT_MS,
    ...databaseOf(parts, options),
    proxied: proxy !== 'none',
    proxy,
    applicationName: parts?.applicationName,
    channelBinding: parts?.channelBinding ?? false,
    credentials: async (request = { refused: false }) => {
      const secret = typeof password === 'function' ? await password(request) : password;
      const tls = await tlsOf(parts?.tls, options.tls, request);
      return {
        user: user!,
        ...(secret === undefined ? {} : { password: secret }),
        ...(tls === undefined ? {} : { tls }),
      };
    },
  };
}

/** The names that {@link PostgresNodeOptions} has, for callers that check for unknown ones. */
export const postgresNodeOptionNames: readonly string[] = KNOWN;

function checkTypes(options: PostgresNodeOptions, problems: Problems, at: (name: string) => string): void {
  for (const name of ['url', 'host', 'database', 'user'] as const) {
    problems.type(at(name), options[name], 'string');
    if (options[name] === '') problems.add(at(name), 'must not be empty');
  }
  problems.number(at('port'), options.port, { min: 1, max: 65_535, integer: true });
  problems.oneOf(at('targetSessionAttrs'), options.targetSessionAttrs, targetSessionAttrs);
  problems.type(at('loadBalanceHosts'), options.loadBalanceHosts, 'boolean');
  problems.duration(at('hostTimeoutMs'), options.hostTimeoutMs, { min: 1 });
  const { password, proxied, tls } = options;
  if (![undefined, true, false, 'session'].includes(proxied)) {
    problems.add(at('proxied'), "must be true, false or 'session'", proxied);
  }
  if (password !== undefined && typeof password !== 'string' && typeof password !== 'function') {
    problems.add(at('password'), 'must be a string or a function', typeof password);
  }
  const fits = tls === undefined || typeof tls === 'boolean' || typeof tls === 'function';
  if (!fits && (typeof tls !== 'object' || tls === null)) {
    problems.add(at('tls'), 'must be a boolean, an object or a function', typeof tls);
  }
}

function hostsOf(
  options: PostgresNodeOptions,
  parts: ConnectionParts | undefined,
  problems: Problems,
  at: (name: string) => string,
): readonly Address[] {
  const { hosts, host, port = DEFAULT_PORT } = options;
  if (parts?.sessionAttrs !== undefined && options.targetSessionAttrs !== undefined) {
    problems.add(at('targetSessionAttrs'), 'is in the url already');
  }
  const several = parts?.hosts ?? hosts;
  if (several !== undefined && (host ?? parts?.host) !== undefined) {
    problems.add(at('host'), 'is given beside several hosts');
  }
  if (parts?.hosts !== undefined) return parts.hosts;
  if (hosts === undefined) return [{ host: parts?.host ?? host ?? 'localhost', port: parts?.port ?? port }];
  if (!Array.isArray(hosts) || hosts.length === 0) {
    problems.add(at('hosts'), 'must be an array of hosts that is not empty');
    return [];
  }
  return readHosts(hosts, parts?.port ?? port, problems, at('hosts'));
}

function databaseOf(
  parts: ConnectionParts | undefined,
  { database }: PostgresNodeOptions,
): { database?: string } {
  const name = parts?.database ?? database;
  return name === undefined ? {} : { database: name };
}

async function tlsOf(
  fromUrl: TlsFiles | false | undefined,
  given: PostgresNodeOptions['tls'],
  request: CredentialsRequest,
): Promise<object | undefined> {
  if (fromUrl === false) return undefined;
  if (fromUrl !== undefined) {
    const { files, ...options } = fromUrl;
    const read = Object.entries(files).map(async ([name, file]) => [name, await readFile(file)] as const);
    return { ...options, ...Object.fromEntries(await Promise.all(read)) };
  }
  if (typeof given === 'function') return given(request);
  return given === true ? {} : given || undefined;
}
