export type { CircuitBreakerOptions, FailureClass } from './breaker-options.js';
export type { BreakerWindowOptions } from './window-options.js';
export type { BreakerState } from './breaker-transition.js';
export type { BreakerChange, BreakerReport } from './breaker-report.js';
export { CircuitBreaker, type Permit } from './circuit-breaker.js';
export {
  CircuitOpenError,
  ResilienceError,
  type CircuitOpenInit,
  type ResilienceErrorCode,
} from './error.js';
export { RetryBudget, type RetryBudgetOptions, type RetryBudgetReport } from './retry-budget.js';
export { TokenBucket, type TokenBucketOptions } from './token-bucket.js';
export { Bulkhead, type BulkheadOptions, type BulkheadReport } from './bulkhead.js';
export { BulkheadFullError, BulkheadTimeoutError } from './bulkhead-errors.js';
export { Retry, type RetryCall } from './retry.js';
export { isRetryable, type RetryEvent, type RetryOptions } from './retry-options.js';
