import type { BreakerRecord, BreakerState } from './breaker-transition.js';
import { WindowRule } from './window-rule.js';

/** A change of `CircuitBreaker.state`. */
export interface BreakerChange {
  /** The breaker's name. */
  readonly breaker: string;
  /** The state that ended. */
  readonly from: BreakerState;
  /** The state that began. */
  readonly to: BreakerState;
  /** Failures since it was last closed. */
  readonly failures: number;
  /** How long it stays open, if it opened; else 0. */
  readonly openMs: number;
}

/** The numbers of a breaker. */
export interface BreakerReport {
  /** The breaker's name. */
  readonly name: string;
  /** The state; an open one turns half-open at the first call after its time. */
  readonly state: BreakerState;
  /** When the state began, on `scheduler.now()`. */
  readonly since: number;
  /** While closed, failures since the last success; else failures since it was last closed. */
  readonly failures: number;
  /** Successful trial calls so far, while half-open. */
  readonly successes: number;
  /** Trial calls under way. */
  readonly trials: number;
  /** Calls in its window; 0 without one. */
  readonly calls: number;
  /** The share of them that failed, from 0 to 1. */
  readonly failureRate: number;
  /** The share of them that were slow. */
  readonly slowRate: number;
  /** How often it opened since it was last closed. */
  readonly openings: number;
  /** Calls that were not admitted since the breaker was made. */
  readonly rejected: number;
  /** When a call may be admitted, in whole milliseconds from now; see `CircuitBreaker.retryAfterMs`. */
  readonly retryAfterMs: number;
}

/** The numbers of a breaker in the state of `record`. */
export function reportOf(
  name: string,
  { permit: _, until: __, trials, ...told }: BreakerRecord,
  window: WindowRule | undefined,
  rejected: number,
  retryAfterMs: number,
): BreakerReport {
  return { name, ...told, trials: trials.length, ...WindowRule.rates(window), rejected, retryAfterMs };
}
