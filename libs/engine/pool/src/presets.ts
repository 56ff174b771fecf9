import type { PoolSettings } from './settings.js';

/** The names of the presets. */
export type PresetName = 'development' | 'production' | 'highTraffic' | 'serverless';

/** Sizes and times for common situations; see each for its reasons. */
export const presets: Readonly<Record<PresetName, Omit<PoolSettings, 'preset'>>> = {
  /** A few resources, closed again soon, so that a laptop stays light. */
  development: { maxIdle: 5, max: 15 },
  /** Room for spikes, which is given back when they end. */
  production: { maxIdle: 20, max: 30 },
  /** A steady load: no overflow; 50, because three copies of it already exceed a stock server. */
  highTraffic: { max: 50, acquireTimeoutMs: 10_000, maxLifetimeMs: 1_800_000 },
  /** Nothing is held while frozen: an instance that sleeps keeps dead sockets. */
  serverless: { min: 0, max: 2, idleTimeoutMs: 10_000, validateAfterIdleMs: 5_000, freezeCheck: 'borrow' },
};
