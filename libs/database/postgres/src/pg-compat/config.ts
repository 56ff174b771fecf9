import { Problems } from '@nest-pooling/core';
import type { PoolSettings } from '@nest-pooling/pool';
import { poolSettingNames } from '@nest-pooling/pool';
import type { PoolConfig } from 'pg';

/**
 * What happens to a client that comes back.
 *
 * - `rollback` (the default): a transaction that was left open is rolled back, and what still runs is waited for, before
 *   anybody else has the client. A `pool.query` that the server refused keeps its connection.
 * - `session`: as well, whatever a statement left behind (SET, temporary tables, advisory locks, LISTEN) is cleared, and
 *   `onConnect` runs once more. What a listener of the event `connect` has set is lost by that: use `onConnect`.
 * - `nothing`: exactly as pg.Pool. An open transaction stays open for the next borrower, and every failed `pool.query` closes its
 *   connection.
 */
export type OnReturn = 'rollback' | 'session' | 'nothing';

/** What our engine has to offer beyond pg.Pool's options. */
export interface PoolingOptions {
  /** Shown in reports of the engine. Default `pg`. */
  readonly name?: string;
  /** What happens to a client that comes back. Default `rollback`. */
  readonly onReturn?: OnReturn;
  /**
   * Settings of the engine, for instance `leak`, `maxWaiters`, `shedding`, `validateAfterIdleMs`; they win over what pg.Pool's own options
   * say. Default: pg.Pool's options and defaults, and what it does not have is off.
   */
  readonly settings?: PoolSettings;
}

/** The options of pg.Pool and pg.Client, with ours under a name of their own. */
export interface CompatConfig extends PoolConfig {
  /** What pg.Pool does not have. */
  readonly pooling?: PoolingOptions;
}

/** The longest time that a timer can hold stands for "no limit", where pg.Pool has none. */
const NO_LIMIT_MS = 2_147_483_647;
/** A server that refuses is asked again after 10 ms, later after 100 ms at the most: callers fail with its word meanwhile. */
const BACKOFF = { initialMs: 10, maxMs: 100 };

const returns: readonly OnReturn[] = ['rollback', 'session', 'nothing'];

/** Refuses wrong options of ours; pg's own are pg's business. */
export function checkPooling(pooling: PoolingOptions): void {
  const problems = new Problems();
  problems.unknown('pooling', pooling, ['name', 'onReturn', 'settings']);
  problems.type('pooling.name', pooling.name, 'string');
  problems.oneOf('pooling.onReturn', pooling.onReturn, returns);
  problems.type('pooling.settings', pooling.settings, 'object');
  if (typeof pooling.settings === 'object' && pooling.settings !== null) {
    problems.unknown('pooling.settings', pooling.settings, poolSettingNames);
  }
  problems.throwIfAny('the pool');
}

/** pg.Pool's options, with its defaults filled in, as settings of the engine. */
export function settingsOf(options: PoolConfig, own: PoolSettings = {}): PoolSettings {
  const max = positive(options.max) ?? 10;
  const timeoutMs = positive(options.connectionTimeoutMillis) ?? NO_LIMIT_MS;
  return {
    max,
    min: Math.min(positive(options.min) ?? 0, max),
    maxWaiters: Infinity,
    acquireTimeoutMs: timeoutMs,
    createTimeoutMs: timeoutMs,
    // One that hangs must not keep the others from connecting.
    createConcurrency: max,
    createBackoff: BACKOFF,
    failFastAfterMs: 0,
    idleTimeoutMs: positive(options.idleTimeoutMillis) ?? Infinity,
    maxLifetimeMs: positive(options.maxLifetimeSeconds, 1_000) ?? Infinity,
    lifetimeJitter: 0,
    ...(options.maxUses === undefined || options.maxUses === Infinity ? {} : { maxUses: options.maxUses }),
    keepaliveIntervalMs: Infinity,
    validateAfterIdleMs: Infinity,
    slowAcquireMs: Infinity,
    leak: { warnAfterMs: Infinity },
    unhealthyWaiters: Infinity,
    ...own,
  };
}

/** pg.Pool takes zero and what is not there for "off", and texts that are numbers for numbers. */
function positive(value: unknown, times = 1): number | undefined {
  const number = Number(value ?? 0) * times;
  return number > 0 ? number : undefined;
}
