import { Listeners, systemEnv, withoutStack, type Env } from '@nest-pooling/core';
import { reportOf, type BreakerChange, type BreakerReport } from './breaker-report.js';
import {
  countsAsFailure,
  resolveBreakerOptions,
  type CircuitBreakerOptions,
  type ResolvedBreakerOptions,
} from './breaker-options.js';
import {
  cleared,
  closed,
  expired,
  nextBreaker,
  waitOf,
  type BreakerEvent,
  type BreakerRecord,
  type BreakerState,
} from './breaker-transition.js';
import { FAILED, FINE, SLOW } from './call-window.js';
import { CircuitOpenError } from './error.js';
import { FreeCalls, GuardedCall } from './guarded-call.js';
import { WindowRule } from './window-rule.js';

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
 * It has no timer. While closed it allocates nothing, and reads a clock only when a call fails, unless calls are to be timed or are
 * counted by time. The wall clock is never used.
 */
export class CircuitBreaker {
  /** What it protects. */
  readonly name: string;
  readonly #options: ResolvedBreakerOptions;
  readonly #slowMs: number;
  readonly #window: WindowRule | undefined;
  /** Whether the time at which a call ends matters. */
  readonly #clocked: boolean;
  readonly #env: Env;
  #record: BreakerRecord;
  /** The permit of every call, where all are admitted; else 0. */
  #pass: Permit;
  /** What calls of this generation share, unless each is timed. */
  #shared: GuardedCall | undefined;
  readonly #calls = new FreeCalls(this);
  #rejected = 0;
  readonly #listeners = new Listeners<{ change: BreakerChange }>();

  /** @throws OptionsError (`OPTIONS_INVALID`) that lists every wrong option */
  constructor(options: CircuitBreakerOptions, env: Env = systemEnv) {
    this.#options = resolveBreakerOptions(options);
    this.name = this.#options.name;
    this.#env = env;
    const { window, slowCallMs } = this.#options;
    this.#slowMs = slowCallMs;
    this.#window = window === undefined ? undefined : new WindowRule(window, slowCallMs);
    this.#clocked = slowCallMs !== Infinity || window?.ms !== undefined;
    this.#record = closed(env.scheduler.now(), 0);
    this.#pass = this.#record.permit;
    this.#share();
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
    return waitOf(this.#record, this.#options, this.#env.scheduler);
  }

  /**
   * Calls `fn` if it is admitted, and counts how it ends: what it throws and what its promise rejects with.
   *
   * @throws CircuitOpenError (`BREAKER_OPEN`) if it is not admitted; `fn` was not called then
   */
  run<R>(fn: () => Promise<R> | R): Promise<R> {
    const permit = this.tryEnter();
    if (permit === 0) return Promise.reject(this.rejection());
    const { succeeded, failed } = this.#shared ?? this.#calls.take(permit, this.moment());
    let result: Promise<R> | R;
    try {
      result = fn();
    } catch (error) {
      result = Promise.reject(error);
    }
    // Not an async function: that would cost a frame and a promise more.
    return Promise.resolve(result).then(succeeded, failed);
  }

  /** A permit for one call, or 0: throw {@link rejection} then. For callers that can do without the promise of {@link run}. */
  tryEnter(): Permit {
    return this.#pass === 0 ? this.#enter() : this.#pass;
  }

  /** When a call begins, for `succeed` and `fail`. No clock is read, and it is 0, unless calls can be slow. */
  moment(): number {
    return this.#slowMs === Infinity ? 0 : this.#env.scheduler.now();
  }

  /** The call succeeded. It may have been slow if it is said when it `began`. */
  succeed(permit: Permit, began = Infinity): void {
    const now = this.#clocked ? this.#env.scheduler.now() : 0;
    const slow = now - began > this.#slowMs;
    if (this.#pass === 0) this.#apply({ type: slow ? 'failed' : 'succeeded', permit });
    else {
      if (this.#record.failures !== 0) this.#record = cleared(this.#record, permit);
      if (this.#window !== undefined) this.#note(permit, slow ? SLOW : FINE, now);
    }
  }

  /** The call failed. Given an error, `classify` decides whether it counts. */
  fail(permit: Permit, error?: unknown, began = Infinity): void {
    if (error !== undefined && !countsAsFailure(this.#options.classify, error)) return this.neutral(permit);
    if (this.#window !== undefined && this.#pass !== 0) {
      const now = this.#clocked ? this.#env.scheduler.now() : 0;
      this.#note(permit, now - began > this.#slowMs ? FAILED + SLOW : FAILED, now);
    }
    // Where the window has just opened it, this is a late result.
    this.#apply({ type: 'failed', permit });
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
    return reportOf(this.name, this.#record, this.#window, this.#rejected, this.retryAfterMs);
  }

  /**
   * Calls `listener` after each change of state, within the call that changed it, and drops what it throws. Returns the function that
   * removes it.
   */
  subscribe(listener: (change: BreakerChange) => void): () => void {
    return this.#listeners.on('change', listener);
  }

  #enter(): Permit {
    const permit = this.#record.state === 'forced-open' ? 0 : this.#apply(ENTER);
    if (permit === 0) this.#rejected++;
    return permit;
  }

  /** A call of the present generation has ended, while all are admitted. */
  #note(permit: Permit, outcome: number, now: number): void {
    if (permit !== this.#pass || this.#record.state !== 'closed') return;
    const window = this.#window!;
    if (window.add(outcome, now)) this.#apply({ type: 'tripped', permit, failures: window.failures });
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
    const { state: from, permit: before } = this.#record;
    const { state: to, failures, permit } = after;
    this.#record = after;
    this.#pass = to === 'closed' || to === 'disabled' ? permit : 0;
    // Another generation: what was counted was counted for the one before.
    if (permit !== before) {
      this.#window?.clear();
      this.#share();
    }
    if (to === from) return;
    const openMs = to === 'open' ? after.until - after.since : 0;
    this.#listeners.emit('change', { breaker: this.name, from, to, failures, openMs });
  }

  #share(): void {
    this.#shared = undefined;
    if (this.#pass === 0 || this.#slowMs !== Infinity) return;
    this.#shared = new GuardedCall(this);
    this.#shared.permit = this.#pass;
  }
}
