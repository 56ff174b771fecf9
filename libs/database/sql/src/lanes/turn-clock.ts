import type { Scheduler } from '@nest-pooling/core';

/**
 * The time, read once in a turn of the event loop: a burst of answers comes in one turn, and reading the clock for each
 * would cost more than handling it.
 */
export class TurnClock {
  #now = 0;
  #fresh = false;
  readonly #turned = (): void => {
    this.#fresh = false;
  };

  constructor(private readonly scheduler: Scheduler) {}

  now(): number {
    if (!this.#fresh) {
      this.#now = this.scheduler.now();
      this.#fresh = true;
      this.scheduler.afterIo(this.#turned);
    }
    return this.#now;
  }
}
