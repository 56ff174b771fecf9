import { systemEnv, withoutStack, type Env } from '@nest-pooling/core';
import type { BreakerChange, BreakerReport } from './breaker-report.js';
import { resolveBreakerOptions, type CircuitBreakerOptions } from './breaker-options.js';
import {
  cleared,
  closed,
  expired,
  nextBreaker,
  type BreakerEvent,
  type BreakerRecord,
  type BreakerState,
} from './breaker-transition.js';
import { CircuitOpenError } from './error.js';

/**
 * The right to make one call; 0 if there is none. Tell the breaker once how the call ended. A plain number, so that nothing
 * is allocated; it knows under which state the call began, so that late results are ignored.
 */
export type Permit = number;

const ENTER: BreakerEvent = { type: 'enter' };

/**
 * Stops calling a dependency that keeps failing, so that callers fail at once and the dependency can recover; then lets a
 * few trial calls find out whether it has (the pattern is Michael Nygard's).
 *
 * It has no timer. While closed it reads a clock only when a call fails, and allocates nothing. The wall clock
 * is never used.
 */
export class CircuitBreaker {
  /** What it protects. */
  readonly name: string;
  readonly #options: Required<CircuitBreakerOptions>;
  readonly #env: Env;
  #record: BreakerRecord;
  /** The permit of every call, where all are admitted; else 0. */
  #pass: Permit;
  #rejected = 0;
  #listeners: readonly ((change: BreakerChange) => void)[] = [];

  /** @throws OptionsError (`OPTIONS_INVALID`) that lists every wrong option */
  constructor(options: CircuitBreakerOptions, env: Env = systemEnv) {
    this.#options = resolveBreakerOptions(options);
    this.name = this.#options.name;
    this.#env = env;
    this.#record = closed(env.scheduler.now(), 0);
    this.#pass = this.#record.permit;
  }

  /** The state. An open one turns half-open at the first call after its time, not by itself. */
  get state(): BreakerState {
    return this.#record.state;
  }

  /**
   * When a call may be admitted, in whole milliseconds from now; 0 if one would be admitted now. While forced open nobody
   * knows: it is `maxOpenMs`. While all trial calls are under way it is 1.
   */
  get retryAfterMs(): number {
    const { state, until, trials } = this.#record;
    if (state === 'forced-open') return this.#options.maxOpenMs;
    if (state === 'half-open') return trials.length < this.#options.halfOpenPermits ? 0 : 1;
    return state === 'open' ? Math.max(0, Math.ceil(until - this.#env.scheduler.now())) : 0;
  }

  /**
   * Calls `fn` if it is admitted, and counts how it ends: what it throws and what its promise rejects with.
   *
   * @throws CircuitOpenError (`BREAKER_OPEN`) if it is not admitted; `fn` was not called then
   */
  async run<R>(fn: () => Promise<R> | R): Promise<R> {
    const permit = this.tryEnter();
    if (permit === 0) throw this.rejection();
    let result: R;
    try {
      result = await fn();
    } catch (error) {
      if (this.#counts(error)) this.fail(permit);
      else this.neutral(permit);
      throw error;
    }
    this.succeed(permit);
    return result;
  }

  /** A permit for one call, or 0: throw {@link rejection} then. For callers that can do without the promise of {@link run}. */
  tryEnter(): Permit {
    return this.#pass === 0 ? this.#enter() : this.#pass;
  }

  /** The call succeeded. */
  succeed(permit: Permit): void {
    if (this.#pass === 0) this.#apply({ type: 'succeeded', permit });
    else if (this.#record.failures !== 0) this.#record = cleared(this.#record, permit);
  }

  /** The call failed. Given an error, `classify` decides whether it counts. */
  fail(permit: Permit, error?: unknown): void {
    if (error === undefined || this.#counts(error)) this.#apply({ type: 'failed', permit });
    else this.neutral(permit);
  }

  /** The call ended in a way that says nothing about the dependency: gives the permit back and counts nothing. */
  neutral(permit: Permit): void {
    if (this.#record.state === 'half-open') this.#apply({ type: 'neutral', permit });
  }

  /** Rejects every call until {@link reset}: an operator knows better. */
  forceOpen(): void {
    this.#apply({ type: 'force-open' });
  }

  /** Admits every call and counts nothing until {@link reset}. */
  disable(): void {
    this.#apply({ type: 'disable' });
  }

  /** Closes it, whatever its state, and forgets everything; results of calls under way are ignored. */
  reset(): void {
    this.#apply({ type: 'reset' });
  }

  /** The error for a call that was not admitted. It has no stack: errors of this kind come in thousands. */
  rejection(): CircuitOpenError {
    const { state, failures } = this.#record;
    const retryAfterMs = Math.max(1, this.retryAfterMs);
    return withoutStack(() => new CircuitOpenError({ breaker: this.name, state, failures, retryAfterMs }));
  }

  /** Its numbers now. */
  report(): BreakerReport {
    const { state, since, failures, successes, openings, trials } = this.#record;
    return {
      name: this.name,
      state,
      since,
      failures,
      successes,
      trials: trials.length,
      openings,
      rejected: this.#rejected,
      retryAfterMs: this.retryAfterMs,
    };
  }

  /**
   * Calls `listener` after each change of state, within the call that changed it. What it throws is dropped: a broken observer
   * must not fail the calls that it observes.
   *
   * @returns the function that removes it
   */
  subscribe(listener: (change: BreakerChange) => void): () => void {
    // Wrapped, so that a listener that was added twice is removed once.
    const added = (change: BreakerChange): void => listener(change);
    this.#listeners = [...this.#listeners, added];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== added);
    };
  }

  #enter(): Permit {
    const permit = this.#record.state === 'forced-open' ? 0 : this.#apply(ENTER);
    if (permit === 0) this.#rejected++;
    return permit;
  }

  #counts(error: unknown): boolean {
    try {
      return this.#options.classify(error) !== 'neutral';
    } catch {
      // What cannot be judged is taken for a failure.
      return true;
    }
  }

  /** Returns the permit that `event` brought into being, or 0. */
  #apply(event: BreakerEvent): Permit {
    const now = this.#env.scheduler.now();
    this.#become(expired(this.#record, now, this.#options, this.#env.random));
    const before = this.#record;
    const after = nextBreaker(before, event, now, this.#options, this.#env.random);
    this.#become(after);
    // Not the field: a listener may have moved it on.
    return after.permit === before.permit ? 0 : after.permit;
  }

  #become(after: BreakerRecord): void {
    const { state: from } = this.#record;
    const { state: to, failures, permit } = after;
    this.#record = after;
    this.#pass = to === 'closed' || to === 'disabled' ? permit : 0;
    if (to === from) return;
    const openMs = to === 'open' ? after.until - after.since : 0;
    const change: BreakerChange = { breaker: this.name, from, to, failures, openMs };
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch {
        // See subscribe.
      }
    }
  }
}
