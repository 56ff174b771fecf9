import type { Budget } from './budget.js';
import type { Scheduler } from './scheduler.js';

/** How much a line matters: `debug` for those who look closely, `warn` for what somebody should see. */
export type LogLevel = 'debug' | 'warn';

/**
 * Everything that the engine takes from the outside world: time, chance, a shared budget, a place for log lines and garbage
 * collection. Nothing in engine, sql and routing reaches for them by any other way (lint enforces it), which
 * is what makes deterministic simulation possible.
 */
export interface Env {
  /** Clocks and timers. */
  readonly scheduler: Scheduler;
  /** A number in [0, 1), like `Math.random`. */
  readonly random: () => number;
  /** The budget that every pool opened in this environment shares; none by default. */
  readonly budget?: Budget;
  /** Where lines for humans go that somebody has asked for; nowhere by default. `context` is who speaks, for instance a pool. */
  readonly log?: (level: LogLevel, context: string, message: string) => void;
  /** Calls `fn` after `target` was garbage collected; returns the function that forgets about it. */
  onCollected(target: object, fn: () => void): () => void;
}
