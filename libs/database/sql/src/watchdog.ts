import type { Env, Timer } from '@nest-pooling/core';
import type { NodeSession } from './node-session.js';

const TICK_MS = 1_000;

/**
 * Destroys sessions whose statement has run for far too long: a server that is frozen or cut off neither
 * answers nor closes. One timer for all sessions, so that a statement costs no timer of its own.
 */
export class Watchdog {
  /** Seconds, roughly; sessions note it when they begin a statement. */
  tick = 0;
  #timer: Timer | undefined;

  constructor(
    private readonly env: Env,
    private readonly sessions: ReadonlySet<NodeSession>,
    private readonly limitMs: number,
    /**
     * A pooler stands before the server, which may not know the pool's own limit then, and would run the statement for nobody: it is
     * cancelled first. No session is shared there, so that nobody else is hit.
     */
    private readonly pooled: boolean,
  ) {}

  start(): void {
    this.#timer ??= this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): Timer {
    const { scheduler } = this.env;
    const timer = scheduler.after(TICK_MS, () => {
      this.tick++;
      // What has arrived while our own loop was blocked is read first.
      scheduler.afterIo(() => this.#look());
      this.#timer = this.#arm();
    });
    timer.unref();
    return timer;
  }

  #look(): void {
    for (const entry of this.sessions) {
      if (entry.activity === 'none' || (this.tick - entry.busySince) * TICK_MS <= this.limitMs) continue;
      entry.broken = true;
      // A COMMIT is never cancelled; what does not end by a cancel has lost its server.
      if (!this.pooled || entry.overdue || entry.activity === 'commit') entry.session.destroy();
      else {
        entry.overdue = true;
        entry.session.cancel().catch(() => {});
      }
    }
  }
}
