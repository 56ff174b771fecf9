import { callWindow, type CallWindow } from './call-window.js';
import type { BreakerWindow } from './window-options.js';

/** The shares that a window shows. */
export interface WindowRates {
  /** Calls in it. */
  readonly calls: number;
  /** The share of them that failed, from 0 to 1. */
  readonly failureRate: number;
  /** The share of them that were slow. */
  readonly slowRate: number;
}

const NOTHING: WindowRates = { calls: 0, failureRate: 0, slowRate: 0 };

/** Says when the last calls went so badly that a breaker is to open. */
export class WindowRule {
  readonly #window: CallWindow;
  readonly #rule: BreakerWindow;
  readonly #slowRate: number;

  constructor(rule: BreakerWindow, slowCallMs: number) {
    this.#window = callWindow(rule);
    this.#rule = rule;
    // Where no call is slow, no share of them may be reached by nothing.
    this.#slowRate = slowCallMs === Infinity ? Infinity : rule.slowRate;
  }

  /** The failures in the window. */
  get failures(): number {
    return this.#window.failures;
  }

  /** One more call has ended, `now` where the window is one of time; whether a share is reached. */
  add(outcome: number, now: number): boolean {
    const window = this.#window;
    window.add(outcome, now);
    const { calls, failures, slow } = window;
    const { minimumCalls, failureRate } = this.#rule;
    // A success may be the call that makes them enough.
    return calls >= minimumCalls && (failures >= failureRate * calls || slow >= this.#slowRate * calls);
  }

  clear(): void {
    this.#window.clear();
  }

  /** The shares now. */
  static rates(rule: WindowRule | undefined): WindowRates {
    if (rule === undefined || rule.#window.calls === 0) return NOTHING;
    const { calls, failures, slow } = rule.#window;
    return { calls, failureRate: failures / calls, slowRate: slow / calls };
  }
}
