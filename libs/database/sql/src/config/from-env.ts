import { defined, nearest, Problems, type Definition } from '@nest-pooling/core';
import type { SqlPool } from '../sql-pool.js';
import type { SqlDialectEntry, UrlPoolOptions } from './dialect-entry.js';
import { EnvReader } from './env-reader.js';
import { entryFor } from './from-url.js';

/** Options of {@link fromEnv}. */
export interface FromEnvOptions {
  /** The drivers that the application has, for instance `[postgresEntry]`. */
  readonly drivers: readonly SqlDialectEntry[];
  /** The variables. Default: those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const PREFIX = /^[A-Za-z][A-Za-z\d]*(_[A-Za-z\d]+)*$/;

/**
 * Defines a pool from variables of the environment, which begin with a prefix of its own. For `fromEnv('ORDERS', …)`:
 *
 * | variable | what it is |
 * |---|---|
 * | `ORDERS_URL` | where the primary is, with user and password; required |
 * | `ORDERS_REPLICA_URLS` | the replicas, separated by commas; a comma in a password is written `%2C` |
 * | `ORDERS_PROXIED`, `ORDERS_REQUIRED` | `true` or `false`, see {@link UrlPoolOptions} |
 * | `ORDERS_START_TIMEOUT_MS`, `ORDERS_STATEMENT_TIMEOUT_MS`, `ORDERS_LOCK_TIMEOUT_MS` | milliseconds, see there |
 * | `ORDERS_MAX_ROWS`, `ORDERS_MAX_TRANSACTION_MS` | see `SqlSettings` |
 * | `ORDERS_LOG`, `ORDERS_SLOW_MS` | `off`, `slow` or `statements`; from when on a statement is slow |
 * | `ORDERS_POOL_PRESET` | `development`, `production`, `highTraffic` or `serverless` |
 * | `ORDERS_POOL_MIN`, `_MAX`, `_MAX_IDLE`, `_MAX_WAITERS`, `_MAX_USES` | counts, see `PoolSettings` |
 * | `ORDERS_POOL_ACQUIRE_TIMEOUT_MS`, `_CREATE_TIMEOUT_MS`, `_IDLE_TIMEOUT_MS`, `_MAX_LIFETIME_MS` | milliseconds, see there |
 *
 * A variable that is empty counts as absent; `Infinity` means "no limit" where there may be none. A name that begins with
 * `ORDERS_POOL_` or `ORDERS_REPLICA` and is none of these is an error, so that a slip of the fingers does not go unseen.
 *
 * @throws OptionsError with every problem; no message shows a URL
 */
export function fromEnv(prefix: string, { drivers, env = process.env }: FromEnvOptions): Definition<SqlPool> {
  const problems = new Problems();
  if (!PREFIX.test(prefix)) {
    problems.add('prefix', 'must be a name such as ORDERS, without an underscore at its end', prefix);
    problems.throwIfAny('fromEnv');
  }
  const reader = new EnvReader(prefix, env, problems);
  const url = reader.text('URL') ?? '';
  const list = reader.text('REPLICA_URLS');
  const replicas = list?.split(',').map((part) => part.trim());
  const urls = { url, ...(replicas === undefined ? {} : { replicas }) };
  const names = replicas?.map((_, at) => `${prefix}_REPLICA_URLS[${at}]`) ?? [];
  const options = readOptions(reader);
  const entry = entryFor(problems, drivers, urls, [`${prefix}_URL`, ...names]);
  unknownNames(problems, prefix, env, reader.names);
  problems.throwIfAny(`The environment of '${prefix}'`);
  return entry!.define(urls, options);
}

function readOptions(reader: EnvReader): UrlPoolOptions {
  const pool = defined({
    preset: reader.word('POOL_PRESET', ['development', 'production', 'highTraffic', 'serverless'] as const),
    min: reader.count('POOL_MIN', 0),
    max: reader.count('POOL_MAX', 1),
    maxIdle: reader.count('POOL_MAX_IDLE', 0),
    maxWaiters: reader.count('POOL_MAX_WAITERS', 0),
    maxUses: reader.count('POOL_MAX_USES', 1),
    acquireTimeoutMs: reader.ms('POOL_ACQUIRE_TIMEOUT_MS'),
    createTimeoutMs: reader.ms('POOL_CREATE_TIMEOUT_MS'),
    idleTimeoutMs: reader.ms('POOL_IDLE_TIMEOUT_MS'),
    maxLifetimeMs: reader.ms('POOL_MAX_LIFETIME_MS'),
  });
  const log = defined({
    level: reader.word('LOG', ['off', 'slow', 'statements'] as const),
    slowMs: reader.ms('SLOW_MS'),
  });
  return {
    ...defined({
      proxied: reader.flag('PROXIED'),
      required: reader.flag('REQUIRED'),
      startTimeoutMs: reader.ms('START_TIMEOUT_MS'),
      statementTimeoutMs: reader.ms('STATEMENT_TIMEOUT_MS'),
      lockTimeoutMs: reader.ms('LOCK_TIMEOUT_MS'),
      maxRows: reader.count('MAX_ROWS', 1),
      maxTransactionMs: reader.ms('MAX_TRANSACTION_MS'),
    }),
    ...(Object.keys(pool).length === 0 ? {} : { pool }),
    ...(Object.keys(log).length === 0 ? {} : { log }),
  };
}

function unknownNames(
  problems: Problems,
  prefix: string,
  env: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): void {
  const ours = [`${prefix}_POOL_`, `${prefix}_REPLICA`];
  for (const name of Object.keys(env)) {
    if (known.includes(name) || !ours.some((beginning) => name.startsWith(beginning))) continue;
    const near = nearest(name, known);
    problems.add(name, near === undefined ? 'is unknown' : `is unknown; did you mean ${near}?`);
  }
}
