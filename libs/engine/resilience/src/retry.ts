import { deadlineKey, getContext, PoolingError, scopedSignal, systemEnv, type Env } from '@nest-pooling/core';
import { pause } from './pause.js';
import { RetryBudget } from './retry-budget.js';
import { resolveRetryOptions, type ResolvedRetryOptions, type RetryOptions } from './retry-options.js';

/** What one call of {@link Retry.run} is given. */
export interface RetryCall {
  /** Ends the pauses; attempts have to look at it themselves. */
  readonly signal?: AbortSignal;
  /** The time for all attempts and pauses of this call, if that is less than the option. */
  readonly timeoutMs?: number;
}

/**
 * Makes a call again that failed for a while, after a pause of random length (full jitter, as described by Marc Brooker of AWS), within
 * a deadline and a budget. Each attempt calls the function anew, so that it borrows a resource anew.
 *
 * What it cannot know is whether a call that failed has done something: see {@link isRetryable}.
 */
export class Retry {
  /** What is tried. */
  readonly name: string;
  /** Pays for the retries. */
  readonly budget: RetryBudget;
  readonly #options: ResolvedRetryOptions;
  readonly #env: Env;

  /** @throws OptionsError (`OPTIONS_INVALID`) that lists every wrong option */
  constructor(options: RetryOptions, env: Env = systemEnv) {
    this.#options = resolveRetryOptions(options);
    this.name = this.#options.name;
    this.budget = this.#options.budget ?? new RetryBudget({ name: this.name }, env);
    this.#env = env;
  }

  /**
   * Calls `fn` with the number of the attempt, from 1 on, until it succeeds. Rejects with the last error when no attempt, no time or no
   * budget is left or the error is not worth another attempt, and with the signal's reason when that aborts in a pause.
   */
  async run<R>(fn: (attempt: number) => Promise<R> | R, { signal, timeoutMs }: RetryCall = {}): Promise<R> {
    const { attempts, onRetry } = this.#options;
    this.budget.request();
    const deadline = this.#deadline(timeoutMs);
    for (let attempt = 1; ; attempt++) {
      try {
        return await fn(attempt);
      } catch (error) {
        const delayMs = this.#delay(attempt, error);
        const late = this.#env.scheduler.now() + delayMs >= deadline;
        if (attempt >= attempts || late || !this.#worth(error) || !this.budget.tryRetry()) throw error;
        tell(onRetry, { retry: this.name, attempt, delayMs, error });
        await pause(this.#env.scheduler, delayMs, scopedSignal(signal));
      }
    }
  }

  #deadline(timeoutMs: number | undefined): number {
    const ms = Math.min(timeoutMs ?? Infinity, this.#options.timeoutMs);
    const scope = getContext(deadlineKey) ?? Infinity;
    return ms === Infinity ? scope : Math.min(scope, this.#env.scheduler.now() + ms);
  }

  /** `Infinity` when the error asks for a longer pause than there may be. */
  #delay(attempt: number, error: unknown): number {
    const { baseMs, maxMs } = this.#options;
    const wanted = (error instanceof PoolingError ? error.retryAfterMs : undefined) ?? 0;
    if (wanted > maxMs) return Infinity;
    const most = Math.min(maxMs, baseMs * 2 ** (attempt - 1));
    return Math.max(wanted, most * this.#env.random());
  }

  #worth(error: unknown): boolean {
    try {
      return this.#options.retryable(error);
    } catch {
      // What cannot be judged is not repeated.
      return false;
    }
  }
}

function tell<E>(listener: ((event: E) => void) | undefined, event: E): void {
  try {
    listener?.(event);
  } catch {
    // A listener's defect is not ours.
  }
}
