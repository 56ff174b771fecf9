import { readFile } from 'node:fs/promises';
import type { Problems } from '@nest-pooling/core';
import type { CredentialsRequest, NodeTarget } from '@nest-pooling/sql';
import { readUrl, type TlsFiles } from './connection-url.js';
import type { MysqlNodeOptions } from './target-options.js';

/** The names that {@link MysqlNodeOptions} has, for callers that check for unknown ones. */
export const mysqlNodeOptionNames: readonly string[] = [
  'url',
  'host',
  'port',
  'database',
  'user',
  'password',
  'tls',
  'proxied',
];
const DEFAULT_PORT = 3_306;

/**
 * Reads a node's connection options. What is wrong goes to `problems`, under `path`; no message shows the URL or a
 * password. Answers `undefined` when something was wrong.
 */
export function mysqlTarget(
  id: string,
  options: MysqlNodeOptions,
  problems: Problems,
  path = '',
): NodeTarget | undefined {
  const before = problems.count;
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  checkTypes(options, problems, at);
  const parts = typeof options.url === 'string' ? readUrl(options.url, problems, at('url')) : undefined;
  for (const name of ['host', 'port', 'database', 'user', 'password'] as const) {
    if (options[name] !== undefined && parts?.[name] !== undefined) {
      problems.add(at(name), 'is in the url already');
    }
  }
  if (options.tls !== undefined && parts?.tls !== undefined) {
    problems.add(at('tls'), 'is in the url already, as ssl-mode');
  }
  const user = parts?.user ?? options.user;
  if (problems.count === before && !user) problems.add(at('user'), 'is missing, and the url names none');
  if (problems.count > before) return undefined;
  const password = parts?.password ?? options.password;
  const database = parts?.database ?? options.database;
  return {
    id,
    host: parts?.host ?? options.host ?? 'localhost',
    port: parts?.port ?? options.port ?? DEFAULT_PORT,
    ...(database === undefined ? {} : { database }),
    proxied: options.proxied !== undefined && options.proxied !== false,
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

function checkTypes(options: MysqlNodeOptions, problems: Problems, at: (name: string) => string): void {
  for (const name of ['url', 'host', 'database', 'user'] as const) {
    problems.type(at(name), options[name], 'string');
    if (options[name] === '') problems.add(at(name), 'must not be empty');
  }
  problems.number(at('port'), options.port, { min: 1, max: 65_535, integer: true });
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

async function tlsOf(
  fromUrl: TlsFiles | false | undefined,
  given: MysqlNodeOptions['tls'],
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
