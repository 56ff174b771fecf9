import type { Scheduler } from '@nest-pooling/core';

/** So long may statements run in a row before everybody else in the process has a turn. */
const RUN_MS = 10;

/**
 * Lets the event loop turn now and then. A statement is done when its call returns, so that code which awaits one after the other would
 * otherwise never leave the queue of promises: no timer, no socket and no other request would be served.
 */
export class Courtesy {
  #since = 0;
  #armed = false;

  constructor(private readonly scheduler: Scheduler) {}

  /** What to wait for before the next statement; `undefined` when it may run at once. */
  due(): Promise<void> | undefined {
    const { scheduler } = this;
    if (!this.#armed) {
      this.#armed = true;
      this.#since = scheduler.now();
      scheduler.afterIo(() => (this.#armed = false));
      return undefined;
    }
    return scheduler.now() - this.#since < RUN_MS
      ? undefined
      : new Promise((resolve) => scheduler.afterIo(resolve));
  }
}
