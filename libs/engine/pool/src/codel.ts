import { Problems } from '@nest-pooling/core';

/** What makes a {@link CoDel}; both in milliseconds. */
export interface CoDelOptions {
  /** The wait that even the luckiest caller of an interval may have. Default 50: nobody notices it. */
  readonly targetMs?: number;
  /**
   * How long every wait must exceed the target before anything is dropped. Default 2,000: a burst that the pool
   * can work off within that time loses nobody (`npm run simulate -- codel` shows what shorter ones do), and it is
   * well below the default acquire timeout.
   */
  readonly intervalMs?: number;
}

/**
 * Tells a standing queue from a burst (CoDel, as in folly and db_connection). A burst leaves some callers a short
 * wait. When within a whole interval even the *least* wait exceeded the target, the queue only delays: then
 * who has waited for more than twice the target is dropped, and those behind are served soon. Without it a queue
 * under overload is as long as the timeout, and all work is done for callers who are about to give up.
 *
 * Reads no clock, sets no timer, allocates nothing. Departs from folly in one thing: an interval in which nobody
 * left the queue says nothing, so that a caller is not judged by an overload of an hour ago.
 */
export class CoDel {
  /** The wait that is acceptable, in milliseconds. */
  readonly targetMs: number;
  /** How long it must be exceeded, in milliseconds. */
  readonly intervalMs: number;
  #least = Infinity;
  #endsAt = -Infinity;
  #overloaded = false;

  /** Throws an `OptionsError` that lists every wrong option. */
  constructor(options: CoDelOptions = {}) {
    const { targetMs = 50, intervalMs = 2_000 } = options;
    const problems = new Problems();
    problems.unknown('', options, ['targetMs', 'intervalMs']);
    problems.duration('targetMs', targetMs, { min: 1 });
    problems.duration('intervalMs', intervalMs, { min: 1 });
    problems.throwIfAny('shedding');
    this.targetMs = targetMs;
    this.intervalMs = intervalMs;
  }

  /** Who has waited for longer is dropped: twice the target, or `Infinity` as long as there is no overload. */
  get dropOlderThanMs(): number {
    return this.#overloaded ? 2 * this.targetMs : Infinity;
  }

  /**
   * To be asked for whoever is first in the queue when a resource is free for him: whether to drop him instead.
   * May also be asked now and then while nothing is free: the wait of the first is then the least so far.
   */
  overloaded(delayMs: number, now: number): boolean {
    if (now >= this.#endsAt) this.#judge(now);
    if (delayMs < this.#least) this.#least = delayMs;
    return delayMs > this.dropOlderThanMs;
  }

  /** To be told when nobody waits any more: a queue that empties is none that stands. */
  emptied(): void {
    this.#least = 0;
  }

  #judge(now: number): void {
    const unseen = now >= this.#endsAt + this.intervalMs || this.#least === Infinity;
    this.#overloaded = !unseen && this.#least > this.targetMs;
    this.#least = Infinity;
    this.#endsAt = now + this.intervalMs;
  }
}
