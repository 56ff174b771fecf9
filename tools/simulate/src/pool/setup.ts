import type { LeakOptions, PoolSettings } from '@nest-pooling/pool';
import type { Dice } from '../seeds/dice.js';

/** What one simulated pool is made with: its settings, and which hooks its factory has. */
export interface Setup {
  readonly settings: Settings;
  readonly check: boolean;
  readonly validate: boolean;
  readonly reset: boolean;
  readonly destroy: boolean;
}

/** The settings that the model must know the value of; everything else is the engine's own business. */
export interface Settings extends PoolSettings {
  readonly min: number;
  readonly max: number;
  readonly maxIdle: number;
  readonly maxWaiters: number;
  readonly acquireTimeoutMs: number;
  readonly createTimeoutMs: number;
  readonly createConcurrency: number;
  readonly createBackoff: { readonly initialMs: number; readonly maxMs: number };
  readonly idleTimeoutMs: number;
  readonly maxLifetimeMs: number;
  readonly lifetimeJitter: number;
  readonly maxUses: number;
  readonly validateAfterIdleMs: number;
  readonly validateTimeoutMs: number;
  readonly resetTimeoutMs: number;
  readonly destroyTimeoutMs: number;
  readonly closeTimeoutMs: number;
  readonly leak: LeakOptions & { readonly warnAfterMs: number; readonly reclaimAfterMs: number };
  readonly keepaliveIntervalMs: number;
  readonly leasesPerResource: number;
}

/** Sizes and times, small enough that everything meets everything. */
export function drawSetup(dice: Dice): Setup {
  const max = 1 + dice.below(6);
  const leasesPerResource = dice.chance(0.8) ? 1 : 2 + dice.below(2);
  const maxIdle = dice.chance(0.7) ? Infinity : dice.below(max + 1);
  const settings: Settings = {
    max,
    maxIdle,
    min: dice.below(Math.min(max, maxIdle) + 1),
    maxWaiters: dice.pick([1, 4, 30, 1_000]),
    acquireTimeoutMs: dice.pick([0, 20, 150, 150, 700, 700, 3_000]),
    createTimeoutMs: dice.pick([30, 100, 500]),
    createConcurrency: 1 + dice.below(4),
    createBackoff: { initialMs: dice.pick([5, 20, 100]), maxMs: dice.pick([40, 150, 600]) },
    failFastAfterMs: dice.pick([0, 100, 1_000, Infinity]),
    idleTimeoutMs: dice.pick([400, 1_000, 1_000, 4_000, Infinity]),
    maxLifetimeMs: dice.pick([400, 2_000, 2_000, Infinity, Infinity]),
    lifetimeJitter: dice.pick([0, 0.1, 0.5, 1]),
    maxUses: dice.pick([1, 3, 10, 1_000_000, 1_000_000]),
    validateAfterIdleMs: dice.pick([0, 400, 400, 1_000, Infinity, Infinity]),
    validateTimeoutMs: dice.pick([30, 200]),
    resetTimeoutMs: dice.pick([30, 200]),
    destroyTimeoutMs: dice.pick([30, 200]),
    closeTimeoutMs: dice.pick([1, 100, 1_000]),
    leak: {
      warnAfterMs: dice.pick([500, 2_000, Infinity]),
      reclaimAfterMs: dice.pick([600, Infinity, Infinity]),
      stacks: dice.pick(['off', 'off', 'sampled']),
      // Which of several borrowers was lost cannot be told.
      collected: dice.chance(0.2) && leasesPerResource === 1,
    },
    keepaliveIntervalMs: dice.pick([500, 2_000, Infinity]),
    validateOnReturn: dice.chance(0.15),
    freezeCheck: dice.pick(['tick', 'borrow']),
    priorityAgingMs: dice.pick([20, 1_000]),
    slowAcquireMs: dice.pick([100, Infinity]),
    histograms: dice.chance(0.2),
    leasesPerResource,
    detectDeadlock: dice.chance(0.15),
    ...(dice.chance(0.1) && { adaptive: { growAfterMs: 100, shrinkAfterMs: 500 } }),
    ...(dice.chance(0.15) && { shedding: { targetMs: 20, intervalMs: 100 } }),
  };
  return {
    settings,
    check: dice.chance(0.7),
    validate: dice.chance(0.8),
    reset: dice.chance(0.8),
    destroy: dice.chance(0.9),
  };
}

/**
 * How late the keeper may be: ages are counted in its ticks, each begun one included. The same rule as the
 * engine's.
 */
export function slackMs(settings: Settings): number {
  const { idleTimeoutMs, maxLifetimeMs, validateAfterIdleMs, keepaliveIntervalMs, leak } = settings;
  const shortest = Math.min(
    idleTimeoutMs,
    maxLifetimeMs,
    validateAfterIdleMs,
    keepaliveIntervalMs,
    leak.warnAfterMs,
    leak.reclaimAfterMs,
  );
  return 3 * Math.min(1_000, Math.max(10, Math.round(shortest / 10)));
}
