import type { Scheduler } from '@nest-pooling/core';

/** The weight of the newest measurement in the mean. */
const WEIGHT = 0.2;
/** Slower statements hold up too many neighbours. DESIGN: measured, p99 of the fast ones 2-5 ms instead of 102. */
const SLOW_MS = 5;
/** Only well below do they come back: else they would go to and fro. */
const FAST_MS = 2.5;
/** Slower ones are better off alone while a session is free: behind each other they would add up. */
const BRISK_MS = 1;

/**
 * How long statements of one fingerprint take on the server, as learned: who is slow runs on a session of its own, where it is
 * measured too, and comes back when it has become fast.
 */
export class Pace {
  /** Too slow to share a session. */
  slow = false;
  /** A read-only session has refused it: it looks like a read and writes. */
  writes = false;
  /** A session that refuses writes has run it: it is a read. */
  reads = false;
  #meanMs = 0;
  /** It has run before. */
  #known = false;

  /** Known to be fast enough to be shared even while sessions are free. */
  get brisk(): boolean {
    return this.#known && this.#meanMs <= BRISK_MS;
  }

  /** One execution took so long, the way to the server not counted. */
  took(ms: number): void {
    this.#known = true;
    this.#meanMs += (Math.max(0, ms) - this.#meanMs) * WEIGHT;
    if (this.#meanMs > SLOW_MS) this.slow = true;
    else if (this.#meanMs < FAST_MS) this.slow = false;
  }

  /** One execution has run for so long already and goes on. */
  takes(ms: number): void {
    if (ms > SLOW_MS) this.slow = true;
    this.#meanMs = Math.max(this.#meanMs, ms);
  }
}

/** Runs something on a session of its own and lets `pace` know how long it took, the way to the server not counted. */
export async function timed<R>(
  pace: Pace,
  scheduler: Scheduler,
  wayMs: number,
  work: () => Promise<R>,
): Promise<R> {
  const began = scheduler.now();
  const result = await work();
  pace.took(scheduler.now() - began - wayMs);
  return result;
}
