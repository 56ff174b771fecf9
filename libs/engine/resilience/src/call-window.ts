import type { BreakerWindowOptions } from './window-options.js';

/** A call that succeeded in good time. */
export const FINE = 0;
/** A call that failed. */
export const FAILED = 1;
/** A call that took too long, whatever came of it; may be added to {@link FAILED}. */
export const SLOW = 2;

/** The last calls, by number or by time, and the shares of them that failed or were slow. */
export interface CallWindow {
  /** Calls in it. */
  readonly calls: number;
  /** Those that failed. */
  readonly failures: number;
  /** Those that were slow. */
  readonly slow: number;
  /** One more: {@link FINE}, or {@link FAILED} and {@link SLOW} added up. Only a window of time asks for `now`. */
  add(outcome: number, now: number): void;
  /** Forgets all. */
  clear(): void;
}

/** The window that these options mean. */
export function callWindow({ calls, ms }: BreakerWindowOptions): CallWindow {
  return calls === undefined ? new TimeWindow(ms!) : new CountWindow(calls);
}

/** The last `size` calls. It reads no clock: calls of an hour ago count as long as there were no others since. */
export class CountWindow implements CallWindow {
  calls = 0;
  failures = 0;
  slow = 0;
  readonly #outcomes: Uint8Array;
  #next = 0;

  constructor(size: number) {
    this.#outcomes = new Uint8Array(size);
  }

  add(outcome: number): void {
    const outcomes = this.#outcomes;
    const at = this.#next;
    const oldest = outcomes[at]!;
    if (this.calls < outcomes.length) this.calls++;
    else if (oldest !== FINE) this.#count(oldest, -1);
    outcomes[at] = outcome;
    if (outcome !== FINE) this.#count(outcome, 1);
    this.#next = at + 1 === outcomes.length ? 0 : at + 1;
  }

  clear(): void {
    this.calls = this.failures = this.slow = this.#next = 0;
  }

  #count(outcome: number, by: number): void {
    this.failures += by * (outcome & FAILED);
    this.slow += by * (outcome >> 1);
  }
}

/** Into so many parts a window of time is cut: the oldest calls leave it a part at a time. */
const PARTS = 10;

/**
 * The calls of the last `ms`, give or take a tenth. What is too old is dropped when the next call comes, so that after a quiet hour one
 * failure is one of one, and not one more of those before.
 */
export class TimeWindow implements CallWindow {
  calls = 0;
  failures = 0;
  slow = 0;
  readonly #partMs: number;
  /** Calls, failures and slow calls of each part. */
  readonly #parts = new Float64Array(3 * PARTS);
  /** The number of the part that is being filled, counted from the beginning of time. */
  #part = -1;
  /** Where it is in `#parts`, and when it ends: so there is nothing to divide at a call. */
  #at = 0;
  #until = -Infinity;

  constructor(ms: number) {
    this.#partMs = ms / PARTS;
  }

  add(outcome: number, now: number): void {
    if (now >= this.#until) this.#turn(now);
    const at = this.#at;
    const parts = this.#parts;
    parts[at]!++;
    this.calls++;
    if (outcome === FINE) return;
    const failed = outcome & FAILED;
    const slow = outcome >> 1;
    parts[at + 1]! += failed;
    parts[at + 2]! += slow;
    this.failures += failed;
    this.slow += slow;
  }

  clear(): void {
    this.#parts.fill(0);
    this.calls = this.failures = this.slow = 0;
  }

  #turn(now: number): void {
    const part = Math.floor(now / this.#partMs);
    const parts = this.#parts;
    const last = Math.max(this.#part, part - PARTS);
    for (let old = last + 1; old <= part; old++) {
      const at = 3 * (old % PARTS);
      this.calls -= parts[at]!;
      this.failures -= parts[at + 1]!;
      this.slow -= parts[at + 2]!;
      parts.fill(0, at, at + 3);
    }
    this.#part = part;
    this.#at = 3 * (part % PARTS);
    this.#until = (part + 1) * this.#partMs;
  }
}
