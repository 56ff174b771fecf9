export { ModelCluster } from './model-cluster.js';
export type { ModelEntry, ModelLog } from './model-log.js';
export type { ModelNetwork, Ways } from './model-network.js';
export type { ReplicationOptions } from './model-replication.js';
export type {
  CancelFate,
  ConnectFate,
  ModelFates,
  ModelObserver,
  ModelOptions,
  ObservedSession,
  StatementFate,
} from './model-options.js';
export { ModelError, type ModelServer, type ModelState, type ServedSession } from './model-server.js';
export { ModelSession } from './model-session.js';
export { sqlConformance } from './sql-conformance.js';
export type {
  ConformanceCase,
  ConformanceOptions,
  ConformancePool,
  SqlHarness,
} from './conformance/harness.js';
