import { defined, type Problems } from '@nest-pooling/core';

/** By which of the last calls a breaker is opened: either so many, or those of so long. */
export interface BreakerWindowOptions {
  /** The last so many calls. Costs no clock read. */
  readonly calls?: number;
  /** The calls of the last so many milliseconds, give or take a tenth. */
  readonly ms?: number;
  /** The share of failures, above 0 and up to 1, that opens. Default 0.5. */
  readonly failureRate?: number;
  /** The share of slow calls that opens, where there is a `slowCallMs`. Default 1: all of them. */
  readonly slowRate?: number;
  /** With fewer calls in the window no share means anything. Default 10, or `calls` where that is less. */
  readonly minimumCalls?: number;
}

/** The same with everything filled in. */
export type BreakerWindow = BreakerWindowOptions &
  Required<Pick<BreakerWindowOptions, 'failureRate' | 'slowRate' | 'minimumCalls'>>;

const MINIMUM_CALLS = 10;

/** Collects what is wrong with `window`. */
export function checkWindow(problems: Problems, window: BreakerWindowOptions | undefined): void {
  problems.type('window', window, 'object');
  if (typeof window !== 'object' || window === null) return;
  const { calls, ms, failureRate, slowRate, minimumCalls } = window;
  problems.unknown('window', window, ['calls', 'ms', 'failureRate', 'slowRate', 'minimumCalls']);
  if ((calls === undefined) === (ms === undefined)) {
    problems.add('window', 'must have either calls or ms');
  }
  problems.number('window.calls', calls, { min: 1, max: 1_000_000, integer: true });
  problems.duration('window.ms', ms, { min: 10 });
  for (const [name, rate] of Object.entries({ failureRate, slowRate })) {
    problems.number(`window.${name}`, rate, { min: 0, max: 1 });
    if (rate === 0) problems.add(`window.${name}`, 'must be above 0: a share of 0 is always reached', rate);
  }
  problems.number('window.minimumCalls', minimumCalls, { min: 1, integer: true });
  if (typeof calls === 'number' && typeof minimumCalls === 'number' && minimumCalls > calls) {
    problems.add('window.minimumCalls', `must be at most calls, which is ${calls}`, minimumCalls);
  }
}

/** Fills in the defaults. */
export function resolveWindow(window: BreakerWindowOptions): BreakerWindow {
  const minimumCalls = Math.min(MINIMUM_CALLS, window.calls ?? MINIMUM_CALLS);
  return { failureRate: 0.5, slowRate: 1, minimumCalls, ...defined(window) };
}
