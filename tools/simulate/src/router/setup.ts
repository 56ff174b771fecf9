import type { PoolSettings } from '@nest-pooling/pool';
import { strategyNames, type RoutingOptions } from '@nest-pooling/routing';
import type { Dice } from '../seeds/dice.js';

/** The settings that the model must know the value of. */
export interface Settings extends PoolSettings {
  readonly max: number;
  readonly acquireTimeoutMs: number;
  readonly createTimeoutMs: number;
  readonly destroyTimeoutMs: number;
  readonly closeTimeoutMs: number;
}

/** How one app instance is configured. */
export interface AppSetup {
  readonly settings: Settings;
  readonly routing: RoutingOptions;
  readonly multiplex: boolean;
  readonly queryTimeoutMs: number;
}

/** What a cluster and the app instances that use it are made with. */
export interface Setup {
  readonly replicas: number;
  /** A commit is acknowledged when one replica has it. */
  readonly synchronous: boolean;
  /** Between two servers. */
  readonly shipMs: number;
  /** Between an app and a server. */
  readonly wayMs: number;
  readonly latencyMs: number;
  readonly apps: readonly AppSetup[];
}

const KEYS = ['a key that is long enough', 'another one that is long enough'];
/** No ejection is longer. */
export const MAX_EJECTION_MS = 2_000;

/** Sizes and times, small enough that everything meets everything. */
export function drawSetup(dice: Dice): Setup {
  return {
    replicas: dice.pick([2, 2, 3]),
    synchronous: dice.chance(0.5),
    shipMs: dice.pick([0.3, 2, 8]),
    wayMs: dice.pick([0.2, 0.5, 2]),
    latencyMs: dice.pick([0.2, 0.5, 1]),
    apps: [drawApp(dice), drawApp(dice)],
  };
}

function drawApp(dice: Dice): AppSetup {
  const max = dice.pick([2, 3, 5, 8]);
  const settings: Settings = {
    max,
    min: dice.below(2),
    acquireTimeoutMs: dice.pick([1_000, 4_000]),
    createTimeoutMs: dice.pick([200, 600]),
    createBackoff: { initialMs: dice.pick([5, 20]), maxMs: dice.pick([40, 150]) },
    failFastAfterMs: dice.pick([0, 100, 1_000]),
    destroyTimeoutMs: 200,
    validateTimeoutMs: 100,
    resetTimeoutMs: 200,
    closeTimeoutMs: dice.pick([1, 200]),
    maxWaiters: dice.pick([30, 1_000]),
    leak: { warnAfterMs: Infinity, reclaimAfterMs: Infinity },
  };
  const bound = dice.chance(0.25);
  const routing: RoutingOptions = {
    strategy: dice.pick(strategyNames),
    probe: { intervalMs: dice.pick([100, 250, 250]), timeoutMs: dice.pick([200, 500]) },
    health: {
      baseEjectionMs: dice.pick([200, 1_000]),
      maxEjectionMs: MAX_EJECTION_MS,
      probesToReadmit: dice.pick([1, 2]),
      slowStartMs: dice.pick([0, 1_000]),
      forgetAfterMs: 3_000,
    },
    ...(dice.chance(0.5) && { slowNodes: false as const }),
    consistency: dice.pick(['eventual', 'eventual', 'read-your-writes']),
    ...(bound && { maxLagMs: dice.pick([50, 400, 2_000]), minServing: dice.pick([0, 1]) }),
    catchUpMs: dice.pick([0, 15, 50, 200]),
    fallback: {
      share: dice.pick([0.2, 0.5, 1]),
      burst: dice.pick([0, 0, 4]),
      perSecond: dice.pick([0, 10]),
      waitMs: dice.pick([0, 30, 100]),
    },
    failoverWaitMs: dice.pick([0, 400, 3_000, 5_000]),
    maxFailoverWaiters: dice.pick([2, 1_000, 1_000]),
    tokens: { keys: KEYS, onInvalid: dice.pick(['ignore', 'primary']) },
  };
  return { settings, routing, multiplex: dice.chance(0.7), queryTimeoutMs: 2_500 };
}
