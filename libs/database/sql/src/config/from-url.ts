import { Problems, type Definition } from '@nest-pooling/core';
import type { SqlPool } from '../sql-pool.js';
import type { SqlDialectEntry, UrlPoolOptions } from './dialect-entry.js';

/** Options of {@link fromUrl}. */
export interface FromUrlOptions extends UrlPoolOptions {
  /** The drivers that the application has, for instance `[postgresEntry]`. The protocol of the URL chooses among them. */
  readonly drivers: readonly SqlDialectEntry[];
  /** The URLs of the replicas. Without a list the pool is one of a single server; an empty one makes a router without replicas. */
  readonly replicas?: readonly string[];
}

/** Where the driver for a protocol can be had. */
const PACKAGES: Readonly<Record<string, string>> = {
  'postgres:': '@nest-pooling/postgres',
  'postgresql:': '@nest-pooling/postgres',
  'mysql:': '@nest-pooling/mysql',
  'mariadb:': '@nest-pooling/mysql',
  'sqlite:': '@nest-pooling/sqlite',
  'file:': '@nest-pooling/sqlite',
  'oracle:': '@nest-pooling/oracle',
};
/** More than one letter: a single one is a drive. */
const PROTOCOL = /^[a-z][a-z\d+.-]+:/i;

/**
 * Defines a pool from a URL, by whichever of the drivers has its protocol; nothing else in the URL matters for that, whatever words stand
 * in it. Connects to nothing.
 *
 * ```ts
 * fromUrl(config.get('ORDERS_URL'), { drivers: [postgresEntry], pool: { max: 20 } })
 * ```
 *
 * @throws OptionsError with every problem; no message shows a URL, which may hold a password
 */
export function fromUrl(url: string, options: FromUrlOptions): Definition<SqlPool> {
  const problems = new Problems();
  const { drivers, replicas, ...rest } = options;
  const urls = { url, ...(replicas === undefined ? {} : { replicas }) };
  const names = replicas?.map((_, at) => `replicas[${at}]`) ?? [];
  const entry = entryFor(problems, drivers, urls, ['url', ...names]);
  problems.throwIfAny('fromUrl');
  return entry!.define(urls, rest);
}

/** The driver whose protocol all URLs have. What is wrong goes to `problems`, under the names of the URLs. */
export function entryFor(
  problems: Problems,
  drivers: readonly SqlDialectEntry[],
  { url, replicas = [] }: { readonly url: string; readonly replicas?: readonly string[] },
  names: readonly string[],
): SqlDialectEntry | undefined {
  if (!Array.isArray(drivers) || drivers.length === 0) {
    problems.add('drivers', 'must be a list of at least one driver, such as [postgresEntry]');
    return undefined;
  }
  let entry: SqlDialectEntry | undefined;
  for (const [at, text] of [url, ...replicas].entries()) {
    const name = names[at]!;
    const protocol = protocolOf(problems, name, text);
    if (protocol === undefined) continue;
    const found = drivers.find(({ protocols }) => protocols.includes(protocol));
    if (found === undefined) problems.add(name, unknownProtocol(protocol, drivers));
    else if (entry !== undefined && found !== entry)
      problems.add(name, `is for another kind of server than the first (${protocol})`);
    else entry = found;
  }
  return entry;
}

function protocolOf(problems: Problems, name: string, text: unknown): string | undefined {
  if (text === undefined || text === '') problems.add(name, 'is missing');
  else if (typeof text !== 'string') problems.add(name, 'must be a URL', typeof text);
  else {
    const protocol = PROTOCOL.exec(text)?.[0].toLowerCase();
    if (protocol === undefined)
      problems.add(name, 'is no URL: it must begin with a protocol, such as postgres://');
    return protocol;
  }
  return undefined;
}

function unknownProtocol(protocol: string, drivers: readonly SqlDialectEntry[]): string {
  const known = drivers.flatMap(({ protocols }) => protocols).join(', ');
  const where = Object.hasOwn(PACKAGES, protocol) ? PACKAGES[protocol] : undefined;
  return where === undefined
    ? `has the protocol ${protocol}, which no driver in drivers serves; they serve ${known}`
    : `has the protocol ${protocol}, which needs another driver: npm install ${where}, and add its entry to drivers`;
}
