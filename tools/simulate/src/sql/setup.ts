import type { PoolSettings } from '@nest-pooling/pool';
import type { Dice } from '../seeds/dice.js';

/** The settings of the pool that the model must know the value of. */
export interface Settings extends PoolSettings {
  readonly min: number;
  readonly max: number;
  readonly maxWaiters: number;
  readonly acquireTimeoutMs: number;
  readonly createTimeoutMs: number;
  readonly createBackoff: { readonly initialMs: number; readonly maxMs: number };
  readonly resetTimeoutMs: number;
  readonly validateTimeoutMs: number;
  readonly destroyTimeoutMs: number;
  readonly closeTimeoutMs: number;
}

/** What one simulated SQL pool and its server are made with. */
export interface Setup {
  readonly settings: Settings;
  readonly multiplex: boolean;
  /** A pooler stands before the server. */
  readonly proxied: boolean;
  readonly prepareAfter: number;
  readonly queryTimeoutMs: number;
  /** How far away the server is, and how fast. */
  readonly wayMs: number;
  readonly latencyMs: number;
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly maxTransactionMs: number;
}

/** Sizes and times, small enough that everything meets everything. */
export function drawSetup(dice: Dice): Setup {
  const max = dice.pick([1, 1, 2, 2, 3, 3, 5, 10]);
  const settings: Settings = {
    max,
    min: dice.below(Math.min(max, 4) + 1),
    maxWaiters: dice.pick([4, 30, 1_000, 1_000, 1_000]),
    acquireTimeoutMs: dice.pick([40, 300, 1_000, 1_000, 3_000]),
    createTimeoutMs: dice.pick([60, 300]),
    createConcurrency: 1 + dice.below(4),
    createBackoff: { initialMs: dice.pick([5, 20]), maxMs: dice.pick([40, 150]) },
    failFastAfterMs: dice.pick([0, 100, 1_000]),
    idleTimeoutMs: dice.pick([1_000, 4_000, Infinity]),
    maxLifetimeMs: dice.pick([1_500, 4_000, Infinity, Infinity]),
    maxUses: dice.pick([3, 40, 1_000_000, 1_000_000]),
    validateAfterIdleMs: dice.pick([400, 2_000, Infinity]),
    validateTimeoutMs: dice.pick([60, 200]),
    resetTimeoutMs: dice.pick([60, 300]),
    destroyTimeoutMs: dice.pick([60, 300]),
    closeTimeoutMs: dice.pick([1, 100, 1_000]),
    keepaliveIntervalMs: dice.pick([1_000, Infinity]),
    validateOnReturn: dice.chance(0.1),
    freezeCheck: dice.pick(['tick', 'tick', 'borrow']),
    leak: { warnAfterMs: Infinity, reclaimAfterMs: dice.chance(0.08) ? 900 : Infinity },
    histograms: dice.chance(0.03),
    ...(dice.chance(0.08) && { shedding: { targetMs: 20, intervalMs: 100 } }),
  };
  return {
    settings,
    multiplex: dice.chance(0.9),
    proxied: dice.chance(0.12),
    prepareAfter: dice.pick([0, 2, Infinity]),
    queryTimeoutMs: dice.pick([1_000, 2_500]),
    wayMs: dice.pick([0, 0.3, 1, 4]),
    latencyMs: dice.pick([0.1, 0.5, 1, 3]),
    lockTimeoutMs: dice.pick([150, 600]),
    statementTimeoutMs: dice.pick([400, Infinity]),
    maxTransactionMs: dice.pick([Infinity, Infinity, Infinity, 300]),
  };
}
