export type { AcquireOptions } from './acquire-options.js';
export { AdaptiveSizer, type AdaptiveOptions, type AdaptiveSizes } from './adaptive.js';
export {
  LeaseEndedError,
  PoolAbandonedError,
  PoolCancelledError,
  PoolClosedError,
  PoolCreateError,
  PoolCreateTimeoutError,
  PoolDeadlockError,
  PoolError,
  PoolQueueFullError,
  PoolShedError,
  PoolTimeoutError,
  type PoolErrorCode,
  type PoolNumbers,
} from './errors.js';
export type { PressureListener } from './budget-pressure.js';
export { BudgetShare, type BudgetShareOptions } from './budget-share.js';
export type { PoolEventName, PoolEvents } from './events.js';
export { CoDel, type CoDelOptions } from './codel.js';
export type { CheckResult, ResourceFactory, ResourceInfo } from './factory.js';
export { Histogram, type HistogramSnapshot } from './histogram.js';
export { PoolKeysExhaustedError } from './keyed-pools-error.js';
export type { KeyedPoolOptions, KeyedPoolsOptions } from './keyed-pools-options.js';
export type { KeyedPoolsStats } from './keyed-pools-stats.js';
export { KeyedPools } from './keyed-pools.js';
export type { Holder } from './holders.js';
export type { InFront } from './in-front.js';
export { Lease } from './lease.js';
export { checkSettings, poolSettingNames, type PoolOptions, type ResolvedSettings } from './options.js';
export { Pool } from './pool.js';
export { pooled } from './pooled.js';
export { PoolBudget, type PoolBudgetOptions, type PoolBudgetReport } from './pool-budget.js';
export type { AcquirePriority } from './priority-queue.js';
export { presets, type PresetName } from './presets.js';
export { recommendPoolSize, type PoolLoad, type PoolSizeAdvice } from './recommend-pool-size.js';
export type { CreateBackoff, LeakOptions, PoolSettings, SheddingOptions } from './settings.js';
export type { PoolSink } from './sink.js';
export type { PoolStats } from './stats.js';
export type { PoolTimes } from './times.js';
