export { runInCausalScope } from './causal-scope.js';
export type { TokenKey, TokenProblem } from './causal-token.js';
export {
  NotCaughtUpError,
  PositionUnknownError,
  RetryBudgetError,
  TokensOffError,
} from './consistency-errors.js';
export {
  consistencyNames,
  type ConsistencyOptions,
  type FallbackOptions,
  type TokenOptions,
} from './consistency-options.js';
export {
  FallbackRefusedError,
  NoNodeError,
  PrimaryUnavailableError,
  ReadOnlyError,
  RoutingError,
  type RoutingErrorCode,
} from './errors.js';
export type { ExplainedNode, Explanation } from './explain.js';
export {
  checkRouting,
  routingOptionNames,
  type ProbeOptions,
  type ReplicaOptions,
  type RouterOptions,
  type RoutingOptions,
} from './options.js';
export { ReadReplicaRouter } from './read-replica-router.js';
export type { ReadOptions } from './ways.js';
export type { RouterEvents } from './router-events.js';
export type { Exclusion } from './topology-node.js';
export type { NodeReport } from './router-node.js';
export { routeKey, type Consistency, type Route } from '@nest-pooling/sql';
export { strategyNames, type StrategyName } from '@nest-pooling/balancing';
