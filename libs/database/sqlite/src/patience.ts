import type { Env, Timer } from '@nest-pooling/core';
import { LockedForTooLongError, SessionClosedError } from './errors.js';
import { isBusy } from './result-codes.js';

const FIRST_MS = 1;
const LONGEST_MS = 50;

/** Waits for locks that other connections hold, without blocking the event loop. */
export class Patience {
  #timer: Timer | undefined;
  #giveUp: ((error: Error) => void) | undefined;

  constructor(
    private readonly node: string,
    private readonly env: Env,
    private readonly limitMs: number,
  ) {}

  /** Does something that may be busy; then {@link again}. */
  async run<R>(attempt: () => R): Promise<R> {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      return this.again(attempt, error);
    }
  }

  /** Tries again and again, as long as the answer is "busy" and the limit is not reached; pauses grow, and are random in part. */
  async again<R>(attempt: () => R, busy: unknown): Promise<R> {
    const { scheduler, random } = this.env;
    const since = scheduler.now();
    let last = busy;
    let bound = FIRST_MS;
    for (let tries = 1; ; tries++) {
      const waited = scheduler.now() - since;
      if (waited >= this.limitMs) throw new LockedForTooLongError(this.node, waited, tries, last);
      const pause = bound * (0.5 + random() / 2);
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await this.#pause(Math.min(pause, this.limitMs - waited));
      try {
        return attempt();
      } catch (error) {
        if (!isBusy(error)) throw error;
        last = error;
        bound = Math.min(LONGEST_MS, bound * 2);
      }
    }
  }

  /** Ends a wait. */
  end(): void {
    this.#timer?.cancel();
    this.#giveUp?.(new SessionClosedError(this.node));
    this.#timer = undefined;
    this.#giveUp = undefined;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#giveUp = reject;
      this.#timer = this.env.scheduler.after(ms, () => {
        this.#timer = undefined;
        this.#giveUp = undefined;
        resolve();
      });
    });
  }
}
