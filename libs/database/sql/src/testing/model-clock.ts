import type { Env, Timer } from '@nest-pooling/core';

/**
 * The servers' own time. It goes on while the client's event loop is blocked: what follows from something happens so much later than
 * that, however late the client's timers run. What arrives at the client meanwhile waits for its next I/O phase.
 */
export class ModelClock {
  /** Timers that are pending. */
  pending = 0;
  /** The moment of what happens now. */
  #moment: number | undefined;
  #arrived: (() => void)[] = [];

  constructor(private readonly env: Env) {}

  now(): number {
    return this.#moment ?? this.env.scheduler.now();
  }

  after(ms: number, fn: () => void): Timer {
    const { scheduler } = this.env;
    const due = this.now() + ms;
    let open = true;
    this.pending++;
    const close = (): boolean => {
      if (!open) return false;
      open = false;
      this.pending--;
      return true;
    };
    const timer = scheduler.after(due - scheduler.now(), () => {
      close();
      this.#at(due, fn);
    });
    return {
      cancel: () => {
        if (close()) timer.cancel();
      },
      ref: () => timer.ref(),
      unref: () => timer.unref(),
    };
  }

  /** Something has arrived at the client. */
  arrives(deliver: () => void): void {
    this.#arrived.push(deliver);
    if (this.#arrived.length === 1) this.env.scheduler.afterIo(() => this.deliver());
  }

  /** An I/O phase of the client: it takes what has arrived. */
  deliver(): void {
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const deliver of arrived) deliver();
  }

  #at(moment: number, fn: () => void): void {
    const outer = this.#moment;
    this.#moment = moment;
    try {
      fn();
    } finally {
      this.#moment = outer;
    }
  }
}
