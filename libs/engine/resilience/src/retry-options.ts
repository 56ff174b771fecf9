import { defined, PoolingError, Problems } from '@nest-pooling/core';
import type { RetryBudget } from './retry-budget.js';

/** What is told of each retry, before its pause. */
export interface RetryEvent {
  /** The name of the {@link RetryOptions}. */
  readonly retry: string;
  /** The attempt that failed, from 1 on. */
  readonly attempt: number;
  /** How long the pause is, in milliseconds. */
  readonly delayMs: number;
  /** Why it failed. */
  readonly error: unknown;
}

/** How something is tried again. Durations are milliseconds. */
export interface RetryOptions {
  /** What is tried, for messages. */
  readonly name: string;
  /** Attempts in all, the first one among them. Default 3. */
  readonly attempts?: number;
  /** The longest pause before the second attempt; it doubles with each that follows. Default 50. */
  readonly baseMs?: number;
  /** No pause is longer. An error that asks for more (`retryAfterMs`) ends it. Default 2,000. */
  readonly maxMs?: number;
  /** The time for all attempts and pauses together; that of the scope and of the signal hold as well. Default `Infinity`. */
  readonly timeoutMs?: number;
  /**
   * Whether an error is worth another attempt. Default: those of nest-pooling that say that a resource is not available or that
   * another change got in the way, and of which it is known that nothing was done: {@link isRetryable}.
   */
  readonly retryable?: (error: unknown) => boolean;
  /** Pays for retries. Default: one of its own, of 20 % of the calls and 10 per second. */
  readonly budget?: RetryBudget;
  /** Hears of each retry. */
  readonly onRetry?: (event: RetryEvent) => void;
}

/** Options with everything filled in but the budget. */
export type ResolvedRetryOptions = Required<Omit<RetryOptions, 'budget' | 'onRetry'>> &
  Pick<RetryOptions, 'budget' | 'onRetry'>;

/**
 * Whether an error says that the same call may succeed when it is made again, and that it was not done already: an error of nest-pooling of
 * the category `unavailable` or `conflict`, but none with an unknown outcome. What is retried must not have been written.
 */
export function isRetryable(error: unknown): boolean {
  if (!(error instanceof PoolingError)) return false;
  if (error.category !== 'unavailable' && error.category !== 'conflict') return false;
  const outcome = (error as { readonly fault?: { readonly outcome?: string } }).fault?.outcome;
  return outcome === undefined || outcome === 'not-sent' || outcome === 'rolled-back';
}

/** Fills in the defaults; throws an `OptionsError` that lists everything that is wrong. */
export function resolveRetryOptions(options: RetryOptions): ResolvedRetryOptions {
  const problems = new Problems();
  const { name } = options;
  const known = ['name', 'attempts', 'baseMs', 'maxMs', 'timeoutMs', 'retryable', 'budget', 'onRetry'];
  problems.unknown('', options, known);
  if (typeof name !== 'string' || name === '') problems.add('name', 'must be a string that is not empty');
  problems.number('attempts', options.attempts, { min: 1, integer: true });
  problems.duration('baseMs', options.baseMs);
  problems.duration('maxMs', options.maxMs);
  problems.duration('timeoutMs', options.timeoutMs, { min: 1, infinite: true });
  for (const fn of ['retryable', 'onRetry'] as const) problems.type(fn, options[fn], 'function');
  problems.type('budget', options.budget, 'object');
  problems.throwIfAny(`Retry '${name || '(without a name)'}'`);
  const fixed = { attempts: 3, baseMs: 50, maxMs: 2_000, timeoutMs: Infinity, retryable: isRetryable };
  return { ...fixed, ...(defined(options) as RetryOptions) };
}
