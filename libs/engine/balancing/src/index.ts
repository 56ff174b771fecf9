export {
  checkStrategy,
  createStrategy,
  strategyNames,
  type StrategyChoice,
  type StrategyName,
  type StrategyOptions,
} from './create-strategy.js';
export { BalancingError, UnknownStrategyError, type BalancingErrorCode } from './error.js';
export type { FastestOptions } from './fastest.js';
export type { MisuseListener } from './guarded.js';
export type { NodeHealthOptions } from './health-options.js';
export type { EjectionCause, HeldState, NodeHealthState } from './health-record.js';
export { LatencyOutliers, type LatencyOutlierOptions } from './latency-outliers.js';
export type { LatencyWatch } from './latency-watch.js';
export { NodeHealth, type NodeFailure, type NodeHealthChange } from './node-health.js';
export type { BalancingStrategy, CallOutcome, Candidate } from './strategy.js';
export type { ZoneAffinityOptions } from './zone-affinity.js';
