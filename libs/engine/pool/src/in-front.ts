import type { Engine } from './engine.js';
import type { PoolQueueFullError, PoolTimeoutError } from './errors.js';

/**
 * For a borrower that lends on what it has borrowed, and lets callers of its own queue in front of the pool: what becomes of them is
 * counted and told as if they had queued in the pool, and they get the same errors.
 */
export class InFront<T> {
  /** @internal */
  constructor(private readonly engine: Engine<T>) {}

  /** One of them has waited in vain. */
  expired(waitedMs: number): PoolTimeoutError {
    return this.engine.waiting.expired(waitedMs, this.engine.env.scheduler.now());
  }

  /** `maxWaiters` of them wait already, and one more came. */
  refused(): PoolQueueFullError {
    return this.engine.waiting.refused();
  }
}
