import type { Multiplexer } from './multiplexer.js';
import type { Pipe } from './pipe.js';

/** How long a pipe is kept although others wait for its session: taking it costs a round trip, and giving it back another. */
const HOLD_MS = 20;
/** The last pipe is kept for as long as others get sessions all the same: reads are due a share of a pool that is full of writes. */
const HOLD_LAST_MS = 200;
/** Where those who wait have less time than usual, the last pipe is given back in this part of it. */
const PATIENCE = 4;
/** A session is given back after so long in any case, so that the pool's own rules (age, leaks, uses) get their turn. */
const LONGEST_MS = 30_000;

/** What the multiplexer has at the moment. */
interface Held {
  readonly pipes: readonly Pipe[];
  /** It waits for one more session itself. */
  readonly asking: boolean;
}

/** Gives pipes back to those who wait for a session of their own. */
export class Relief {
  /** Others wait for a session, and none is coming. */
  pressed = false;
  /** How many borrowings there had been, and when that was seen to have changed last. */
  #acquired = 0;
  #servedAt = 0;
  readonly #holdLastMs: number;
  readonly #longestMs: number;

  constructor(
    private readonly mux: Multiplexer,
    private readonly held: () => Held,
  ) {
    const { pool } = mux.node;
    const { acquireTimeoutMs, shedding, leak } = pool.settings;
    this.#holdLastMs = Math.min(HOLD_LAST_MS, acquireTimeoutMs / PATIENCE, shedding?.targetMs ?? Infinity);
    // Before it looks like a leak.
    this.#longestMs = Math.min(LONGEST_MS, leak.warnAfterMs / 2, leak.reclaimAfterMs / 2);
    pool.onPressure(() => {
      if (!this.pressed) this.relieve();
    });
  }

  /** Gives one pipe back if others still wait, one at a time; and whatever hangs, for anybody's sake. */
  relieve(): void {
    this.#freeHanging();
    const { pipes, asking } = this.held();
    this.pressed = this.#othersWait(asking);
    // Whoever is held up on the wire of one that leaves may be so for long, and so may a cancel be on its way there.
    if (!this.pressed || pipes.some((pipe) => pipe.leaving && !pipe.stalled && !pipe.cancelling)) return;
    const least = leastOf(pipes);
    if (least === undefined) return;
    const idle = least.empty && this.mux.waiting === 0;
    if (idle || this.#heldLong(least, pipes.length)) least.leave();
  }

  /** It has been kept for so long that it is given back though nobody waits. */
  isOver(pipe: Pipe, now: number): boolean {
    return now - pipe.since > this.#longestMs;
  }

  /** A new session takes a round trip or two. */
  #freeHanging(): void {
    const { mux } = this;
    const { pool } = mux.node;
    if (mux.waiting === 0 && pool.load === pool.leased) return;
    const now = mux.clock.now();
    for (const pipe of this.held().pipes) if (pipe.hangs(now)) pipe.spoil();
  }

  #othersWait(asking: boolean): boolean {
    const { pool } = this.mux.node;
    const waiting = pool.load - pool.leased - (asking ? 1 : 0);
    if (waiting <= 0) return false;
    const { total, max, creating, checking } = pool.stats();
    return total >= max && waiting > creating + checking;
  }

  #heldLong(pipe: Pipe, pipes: number): boolean {
    const now = this.mux.clock.now();
    if (pipes > 1) return now - pipe.since >= HOLD_MS;
    const { acquired } = this.mux.node.pool.stats();
    if (acquired !== this.#acquired) this.#servedAt = now;
    this.#acquired = acquired;
    return now - Math.max(this.#servedAt, pipe.since) >= this.#holdLastMs;
  }
}

/** Of those that stay, the one with the least to do. */
export function leastOf(pipes: readonly Pipe[]): Pipe | undefined {
  let least: Pipe | undefined;
  for (const pipe of pipes) {
    if (!pipe.leaving && (least === undefined || pipe.inFlight < least.inFlight)) least = pipe;
  }
  return least;
}
