export { BreakerRegistry } from './breaker/breaker-registry.js';
export { CircuitBreaker, type RouteBreakerOptions } from './breaker/circuit-breaker.decorator.js';
export { CircuitBreakerInterceptor } from './breaker/circuit-breaker.interceptor.js';
export type { BreakerFallback } from './breaker/route-breaker.js';
export { classifyRouteError } from './breaker/route-failure.js';
export { BreakerConflictError, UnknownBreakerError } from './errors/breaker-errors.js';
export {
  CloseTimeoutError,
  PluginError,
  PoolCloseError,
  PoolOpenError,
  PoolsClosedError,
  PoolStartError,
  type PoolFailure,
} from './errors/lifecycle-errors.js';
export { failureMessageOf, type PoolingFailureMessage } from './errors/failure-messages.js';
export { PoolExceptionFilter } from './errors/pool-exception.filter.js';
export { PoolingModuleError, type PoolingModuleErrorCode } from './errors/pooling-module-error.js';
export { ClientGoneError, SessionPlaceError } from './errors/session-errors.js';
export { TenantLookupTimeoutError, TenantMissingError } from './errors/tenant-errors.js';
export { problemOf, retryAfterSeconds, type PoolingProblem } from './errors/problem.js';
export {
  DuplicateResourceError,
  ResourceCleanUpMissingError,
  ResourceCloseError,
  ResourceScopeClosedError,
  ResourceTimeoutError,
  UnknownResourceError,
} from './errors/resource-errors.js';
export {
  DuplicatePoolError,
  PoolFaceError,
  PoolNotOpenError,
  PoolNotRemovableError,
  PoolScopeError,
  UnknownPoolError,
  type InjectionPlace,
} from './errors/wiring-errors.js';
export {
  AmbiguousApplicationError,
  MisplacedDecoratorError,
  NoPoolingModuleError,
  TransactionHookError,
  TransactionPropagationError,
  UndeclaredObservableError,
} from './errors/method-errors.js';
export { PoolHealthController } from './health/pool-health.controller.js';
export {
  PoolProber,
  type PingReport,
  type PingStatus,
  type PoolPing,
  type ProbeOptions,
} from './health/pool-prober.js';
export { InjectBreaker } from './inject/inject-breaker.js';
export { InjectPool, InjectRouter, InjectTenants } from './inject/inject-pool.js';
export { getBreakerToken, getPoolToken } from './inject/tokens.js';
export { Bulkhead, type MethodBulkheadOptions } from './method/bulkhead.decorator.js';
export { Retry, type MethodRetryOptions } from './method/retry.decorator.js';
export { Pooled } from './method/pooled.decorator.js';
export {
  Consistency,
  Deadline,
  UsePrimary,
  UseReplica,
  type UseReplicaOptions,
} from './method/route.decorators.js';
export { onCommit, onRollback } from './method/transaction-hooks.js';
export {
  Transactional,
  type Propagation,
  type TransactionalOptions,
} from './method/transactional.decorator.js';
export type {
  DeclaredBreakerOptions,
  PoolHealthOptions,
  PoolingModuleAsyncOptions,
  PoolingModuleExtras,
  PoolingModuleOptions,
  PoolingOptionsFactory,
} from './module/options.js';
export { PoolingModule } from './module/pooling.module.js';
export {
  PoolRegistry,
  type RemoveOptions,
  type OverallHealth,
  type PoolsReport,
} from './registry/pool-registry.js';
export type {
  FaceDecorator,
  FacesOf,
  PoolDefinitions,
  PoolFace,
  PoolName,
  PoolRegistryTypes,
  PoolsOf,
  RegisteredPools,
  RouterName,
  TenantsName,
} from './registry/registry-types.js';
export { ResourceScope, type ResourceOptions } from './resources/resource-scope.js';
export type { TenantsOptions, TenantUseOptions } from './tenants/tenant-options.js';
export { TenantPools } from './tenants/tenant-pools.js';
export { currentTenant, runAsTenant } from './tenants/tenant-scope.js';
export { TenantSqlPool } from './tenants/tenant-sql-pool.js';
export { sqlTenants, tenants } from './tenants/tenants.js';
export { SessionPerRequest, type SessionPerRequestOptions } from './session/session-per-request.decorator.js';
export { SessionPerRequestInterceptor } from './session/session-per-request.interceptor.js';
export { ClientAbortInterceptor } from './session/client-abort.interceptor.js';
