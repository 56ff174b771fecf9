import type { Timer } from '@nest-pooling/core';
import type { Engine } from './engine.js';
import { PoolCreateError } from './errors.js';

/** A time in which creates fail: how long to pause, and when to tell callers instead of letting them wait. */
export class Outage<T> {
  /** The last failure to create, until one succeeds. */
  lastError: unknown = undefined;
  #failures = 0;
  #failingSince = 0;
  #notBefore = 0;
  #retry: Timer | undefined;
  /** The last attempt that says nothing about now, however late it fails: a later one has succeeded, or the outage was over. */
  #outdated = 0;

  constructor(
    private readonly engine: Engine<T>,
    private readonly again: () => void,
  ) {}

  /** How many failed since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** The next attempt is due later. */
  get paused(): boolean {
    return this.#retry !== undefined;
  }

  /** Milliseconds until the next attempt is due; negative when it could have been made already. */
  get waitMs(): number {
    return this.#notBefore - this.engine.env.scheduler.now();
  }

  /** The attempt of that number has failed. Answers whether that still says something. */
  failed(error: unknown, attempt: number): boolean {
    if (attempt <= this.#outdated) return false;
    this.lastError = error;
    // Those that were under way together fail together: that is one failure and one pause.
    if (this.#retry === undefined) this.#pause();
    return true;
  }

  /** Forgets the failures; `lastError` too when a create has succeeded. `attempt` was the last one to begin before that was known. */
  over(succeeded: boolean, attempt: number): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#outdated = Math.max(this.#outdated, attempt);
    this.#failures = 0;
    this.#notBefore = 0;
    if (succeeded) this.lastError = undefined;
  }

  /** Nobody tried for long (nobody wanted any): what was true then says little about now. */
  fade(): void {
    if (-this.waitMs > this.engine.settings.createBackoff.maxMs) this.#failures = 0;
  }

  /** Creating has failed for long and there is nothing that could be lent. Who is suspended waits for other reasons. */
  get hopeless(): boolean {
    const { settings, env, slots, status, maker } = this.engine;
    if (this.#failures === 0 || status === 'suspended') return false;
    if (slots.size - maker.closing - maker.creating > 0) return false;
    return env.scheduler.now() - this.#failingSince >= settings.failFastAfterMs;
  }

  error(wait = Math.max(0, this.waitMs)): PoolCreateError {
    return new PoolCreateError(this.engine.settings.name, this.#failures, wait, this.lastError);
  }

  #pause(): void {
    const { scheduler, random } = this.engine.env;
    const { initialMs, maxMs } = this.engine.settings.createBackoff;
    const now = scheduler.now();
    if (this.#failures++ === 0) this.#failingSince = now;
    const ceiling = Math.min(maxMs, initialMs * 2 ** Math.min(this.#failures - 1, 30));
    const wait = ceiling * (0.5 + random() / 2);
    this.#notBefore = now + wait;
    this.#retry = scheduler.after(wait, () => {
      this.#retry = undefined;
      this.again();
    });
    // Somebody who waits keeps the process alive by his own deadline.
    this.#retry.unref();
  }
}
