import { PoolingError, type ErrorCategory } from '@nest-pooling/core';
import type { BreakerState } from './breaker-transition.js';

/** Every `code` of an error of this package. */
export type ResilienceErrorCode = 'BREAKER_OPEN' | 'BULKHEAD_FULL' | 'BULKHEAD_TIMEOUT';

/** The base of every error of this package. */
export abstract class ResilienceError extends PoolingError {
  static override readonly brand: string = 'ResilienceError';
  /** One of {@link ResilienceErrorCode}. */
  abstract override readonly code: ResilienceErrorCode;
}

/** What a {@link CircuitOpenError} is made from. */
export interface CircuitOpenInit {
  /** The breaker's name. */
  readonly breaker: string;
  /** The state in which it refused. */
  readonly state: BreakerState;
  /** The failures that opened it. */
  readonly failures: number;
  /** When a call may be admitted again, in milliseconds from now. */
  readonly retryAfterMs: number;
}

/** A circuit breaker did not admit a call; nothing was sent, so whatever it was may be tried again or elsewhere. */
export class CircuitOpenError extends ResilienceError {
  static override readonly brand = 'CircuitOpenError';
  /** Always `BREAKER_OPEN`. */
  readonly code = 'BREAKER_OPEN';
  /** Later it may be admitted. */
  readonly category: ErrorCategory = 'unavailable';
  /** The breaker's name. */
  readonly breaker: string;
  /** `open`, `half-open` (all trial calls are under way) or `forced-open`. */
  readonly state: BreakerState;
  /** The failures since it was last closed. */
  readonly failures: number;

  constructor({ breaker, state, failures, retryAfterMs }: CircuitOpenInit) {
    super(`Circuit breaker '${breaker}' ${why(state, failures, retryAfterMs)}`, { retryAfterMs });
    this.breaker = breaker;
    this.state = state;
    this.failures = failures;
  }
}

function why(state: BreakerState, failures: number, retryAfterMs: number): string {
  const after = `after ${failures} ${failures === 1 ? 'failure' : 'failures'}`;
  const notMade = 'the call was not made.';
  switch (state) {
    case 'forced-open':
      return `was forced open: ${notMade} It admits calls again after reset().`;
    case 'half-open':
      return `is half-open ${after} and its trial calls are under way: ${notMade} Try again when they have shown that calls succeed.`;
    default:
      return `is ${state} ${after}: ${notMade} Try again in ${retryAfterMs} ms, and find out why the calls behind it fail.`;
  }
}
