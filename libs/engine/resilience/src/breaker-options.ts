import { defined, PoolingError, Problems } from '@nest-pooling/core';
import {
  checkWindow,
  resolveWindow,
  type BreakerWindow,
  type BreakerWindowOptions,
} from './window-options.js';

/** What a failed call says about the dependency: that it is ill (`failure`), or nothing (`neutral`). */
export type FailureClass = 'failure' | 'neutral';

/** When a circuit breaker opens and closes. Durations are milliseconds. */
export interface CircuitBreakerOptions {
  /** What it protects: one node or one dependency, never a cluster, whose healthy nodes it would cut off with the ill one. */
  readonly name: string;
  /** So many failures without a success between them open it. Default 5; with a `window` it is `Infinity`: then that decides. */
  readonly failureThreshold?: number;
  /** Also opens by the share of failures, or of slow calls, among the last ones. Default: it does not. */
  readonly window?: BreakerWindowOptions;
  /**
   * A call that takes longer is slow, in milliseconds: it counts for the window's `slowRate`, and a slow trial call is a failed one. Default
   * `Infinity`: none is, and no clock is read for a call.
   */
  readonly slowCallMs?: number;
  /** How long it stays open at most the first time; doubles at each reopening until it has been closed. Default 1,000. */
  readonly openMs?: number;
  /** It never stays open for longer. Default 30,000: a healed dependency is found within half a minute. */
  readonly maxOpenMs?: number;
  /**
   * The part of the open time, from 0 to 1, of which a random share is left out, so that many processes do not make their
   * trial calls at the same moment. Default 0.1.
   */
  readonly jitter?: number;
  /** So many successful trial calls close it. Default 2: one may have been luck. */
  readonly successThreshold?: number;
  /** So many trial calls are under way at most while it is half-open; more are rejected, never queued. Default 3. */
  readonly halfOpenPermits?: number;
  /** A trial call that takes longer counts as a failure. Default 5,000: without it a hanging call would hold its permit for ever. */
  readonly halfOpenTimeoutMs?: number;
  /**
   * Tells what an error says about the dependency. By default an error of nest-pooling counts if its category is
   * `unavailable` or `timeout` (an answer with an error is an answer, and what the caller did is no illness of the
   * dependency); every other error counts. If it throws, the error counts.
   */
  readonly classify?: (error: unknown) => FailureClass;
}

/** The defaults, with their reasons at {@link CircuitBreakerOptions}. */
const defaults: Required<Omit<CircuitBreakerOptions, 'name' | 'window'>> = {
  failureThreshold: 5,
  slowCallMs: Infinity,
  openMs: 1_000,
  maxOpenMs: 30_000,
  jitter: 0.1,
  successThreshold: 2,
  halfOpenPermits: 3,
  halfOpenTimeoutMs: 5_000,
  classify: byCategory,
};

/** Options with everything filled in. */
export type ResolvedBreakerOptions = Required<Omit<CircuitBreakerOptions, 'window'>> & {
  readonly window: BreakerWindow | undefined;
};

/** Fills in the defaults; throws an `OptionsError` that lists everything that is wrong. */
export function resolveBreakerOptions(options: CircuitBreakerOptions): ResolvedBreakerOptions {
  const problems = new Problems();
  problems.unknown('', options, ['name', 'window', ...Object.keys(defaults)]);
  if (typeof options.name !== 'string' || options.name === '') {
    problems.add('name', 'must be a string that is not empty');
  }
  const { window, failureThreshold } = options;
  if (failureThreshold !== Infinity) {
    problems.number('failureThreshold', failureThreshold, { min: 1, integer: true });
  } else if (window === undefined) {
    problems.add('failureThreshold', 'is needed without a window: nothing else would open it', Infinity);
  }
  for (const count of ['successThreshold', 'halfOpenPermits'] as const) {
    problems.number(count, options[count], { min: 1, integer: true });
  }
  checkWindow(problems, window);
  problems.duration('slowCallMs', options.slowCallMs, { min: 1, infinite: true });
  for (const time of ['openMs', 'maxOpenMs', 'halfOpenTimeoutMs'] as const) {
    problems.duration(time, options[time], { min: 1 });
  }
  problems.number('jitter', options.jitter, { min: 0, max: 1 });
  problems.type('classify', options.classify, 'function');
  const resolved = {
    ...defaults,
    ...(window === undefined ? {} : { failureThreshold: Infinity }),
    ...(defined(options) as CircuitBreakerOptions),
    window: typeof window === 'object' && window !== null ? resolveWindow(window) : undefined,
  };
  if (problems.count === 0 && resolved.maxOpenMs < resolved.openMs) {
    problems.add('maxOpenMs', `must be at least openMs, which is ${resolved.openMs}`, resolved.maxOpenMs);
  }
  problems.throwIfAny(`Circuit breaker '${options.name || '(without a name)'}'`);
  return resolved;
}

function byCategory(error: unknown): FailureClass {
  if (!(error instanceof PoolingError)) return 'failure';
  return error.category === 'unavailable' || error.category === 'timeout' ? 'failure' : 'neutral';
}

/** Whether an error counts. */
export function countsAsFailure(classify: (error: unknown) => FailureClass, error: unknown): boolean {
  try {
    return classify(error) !== 'neutral';
  } catch {
    // What cannot be judged is taken for a failure.
    return true;
  }
}
