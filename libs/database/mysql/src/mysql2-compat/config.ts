import { Problems } from '@nest-pooling/core';
import { poolSettingNames, type PoolSettings } from '@nest-pooling/pool';
import type { PoolOptions } from 'mysql2';
import { configOf, type FullPoolConfig } from './insides.js';

/**
 * What happens to a connection that comes back.
 *
 * - `rollback` (the default): what still runs is waited for, a transaction that was left open is rolled back, and `SET autocommit = 0`
 *   is undone, before anybody else has the connection.
 * - `session`: as well, whatever a statement left behind (SET, variables, temporary tables, locks) is cleared, by one more round trip each
 *   time; the same as mysql2's `resetOnRelease`. What a listener of the event `connection` has set is lost by that; the database that was
 *   chosen by USE stays chosen.
 * - `nothing`: exactly as mysql2. An open transaction stays open for the next borrower.
 */
export type OnReturn = 'rollback' | 'session' | 'nothing';

/** What our engine has to offer beyond mysql2's options. */
export interface PoolingOptions {
  /** Shown in reports of the engine. Default `mysql2`. */
  readonly name?: string;
  /** What happens to a connection that comes back. Default `rollback`; with `resetOnRelease` always `session`. */
  readonly onReturn?: OnReturn;
  /**
   * Settings of the engine, for instance `min`, `leak`, `shedding`, `validateAfterIdleMs`; they win over what mysql2's own options say.
   * Default: mysql2's options and defaults, and what it does not have is off.
   */
  readonly settings?: PoolSettings;
}

/** The options of mysql2's pool, with ours under a name of their own. */
export interface CompatOptions extends PoolOptions {
  /** How long `getConnection` waits at most, in milliseconds, as in mysqljs/mysql; mysql2 itself has none. Default 0: no limit. */
  readonly acquireTimeout?: number;
  /** What mysql2 does not have. */
  readonly pooling?: PoolingOptions;
}

/** What a pool is made from. */
export interface Checked {
  readonly config: FullPoolConfig;
  readonly pooling: PoolingOptions;
  readonly settings: PoolSettings;
}

/** The longest time that a timer can hold stands for "no limit", where mysql2 has none. */
const NO_LIMIT_MS = 2_147_483_647;
/** What stands for mysql2's `connectionLimit: 0`, no limit. */
const NO_LIMIT = 1_000_000;
/** A server that refuses is asked again after 10 ms, later after 100 ms at the most: callers fail with its word meanwhile. */
const BACKOFF = { initialMs: 10, maxMs: 100 };

const RETURNS: readonly OnReturn[] = ['rollback', 'session', 'nothing'];
const NUMBERS = [
  'connectionLimit',
  'maxIdle',
  'idleTimeout',
  'queueLimit',
  'connectTimeout',
  'acquireTimeout',
];
const OTHERS = (
  'authPlugins authSwitchHandler bigNumberStrings charset charsetNumber compress connectAttributes database dateStrings debug ' +
  'decimalNumbers disableEval enableCleartextPlugin enableKeepAlive flags gracefulEnd host infileStreamFactory insecureAuth ' +
  'jsonStrings keepAliveInitialDelay localAddress maxPreparedStatements multipleStatements namedPlaceholders nestTables password ' +
  'password1 password2 password3 passwordSha1 port Promise queryFormat resetOnRelease rowsAsArray socketPath ssl stream ' +
  'stringifyObjects supportBigNumbers timezone trace typeCast uri user waitForConnections pooling'
).split(' ');
const KNOWN = [...NUMBERS, ...OTHERS];
const ZONE = /^(?:local|Z|[ +-]\d\d:\d\d)$/;

/**
 * Checks all, and fills in mysql2's defaults.
 * @throws OptionsError with every problem
 */
export function checked(given: CompatOptions | string): Checked {
  const options: CompatOptions = typeof given === 'string' ? { uri: given } : { ...given };
  const problems = new Problems();
  problems.unknown('', options, KNOWN);
  for (const name of NUMBERS) checkNumber(problems, name, options[name as 'maxIdle']);
  const { timezone, stream, pooling = {}, acquireTimeout, ...theirs } = options;
  if (timezone && !ZONE.test(timezone)) {
    problems.add('timezone', 'must be local, Z or an offset such as +02:00', timezone);
  }
  if (stream !== undefined && typeof stream !== 'function') {
    problems.add('stream', 'must be a function: the connections of a pool cannot share one stream');
  }
  checkPooling(problems, pooling);
  const config = understood(problems, {
    ...theirs,
    ...(timezone === undefined ? {} : { timezone }),
    ...(stream === undefined ? {} : { stream }),
  });
  problems.throwIfAny('the pool');
  const { settings: own } = pooling;
  const said = {
    idleTimeout: options.idleTimeout !== undefined,
    acquireTimeout: numberOf(acquireTimeout),
  };
  return { config: config!, pooling, settings: settingsOf(config!, said, own) };
}

/** mysql2's options, with its defaults filled in, as settings of the engine. */
export function settingsOf(
  config: FullPoolConfig,
  said: { readonly idleTimeout?: boolean; readonly acquireTimeout?: number } = {},
  own: PoolSettings = {},
): PoolSettings {
  const { connectionLimit, maxIdle, idleTimeout } = config;
  const max = connectionLimit > 0 ? connectionLimit : NO_LIMIT;
  const acquireTimeoutMs = said.acquireTimeout || NO_LIMIT_MS;
  // mysql2 looks after idle ones only when it keeps fewer of them than it may have.
  const idles = said.idleTimeout || (connectionLimit > 0 && maxIdle < connectionLimit);
  return {
    max,
    min: 0,
    maxIdle: connectionLimit > 0 && maxIdle < connectionLimit ? maxIdle : Infinity,
    maxWaiters: Infinity,
    acquireTimeoutMs,
    // mysql2 has a timeout of its own for that.
    createTimeoutMs: NO_LIMIT_MS,
    // One that hangs must not keep the others from connecting.
    createConcurrency: max,
    createBackoff: BACKOFF,
    failFastAfterMs: 0,
    idleTimeoutMs: idles && idleTimeout > 0 ? idleTimeout : Infinity,
    maxLifetimeMs: Infinity,
    keepaliveIntervalMs: Infinity,
    validateAfterIdleMs: Infinity,
    slowAcquireMs: Infinity,
    leak: { warnAfterMs: Infinity },
    unhealthyWaiters: Infinity,
    ...own,
  };
}

function checkPooling(problems: Problems, pooling: PoolingOptions): void {
  problems.type('pooling', pooling, 'object');
  if (typeof pooling !== 'object' || pooling === null) return;
  problems.unknown('pooling', pooling, ['name', 'onReturn', 'settings']);
  problems.type('pooling.name', pooling.name, 'string');
  problems.oneOf('pooling.onReturn', pooling.onReturn, RETURNS);
  problems.type('pooling.settings', pooling.settings, 'object');
  if (typeof pooling.settings === 'object' && pooling.settings !== null) {
    problems.unknown('pooling.settings', pooling.settings, poolSettingNames);
  }
}

/** mysql2 takes texts that are numbers for numbers. */
function checkNumber(problems: Problems, name: string, value: unknown): void {
  if (value === undefined || value === null) return;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  problems.number(name, number, { min: 0, max: NO_LIMIT_MS, integer: true });
}

function numberOf(value: unknown): number {
  return Number(value ?? 0);
}

/** What mysql2 refuses by itself: a charset, a TLS profile, a URI. Its words may show the URI. */
function understood(problems: Problems, options: PoolOptions): FullPoolConfig | undefined {
  if (problems.count > 0) return undefined;
  try {
    return configOf(options);
  } catch (error) {
    const words = error instanceof TypeError && !('input' in error) ? error.message : 'the uri is none';
    problems.add('options', `are refused by mysql2: ${words}`);
    return undefined;
  }
}
