import type { Env } from './env.js';
import type { Scheduler, Timer } from './scheduler.js';

/** A stall is remembered for this long. */
const STALL_MEMORY_MS = 1_000;
/** Timers are always a little late; below this it is no stall. */
const STALL_FLOOR_MS = 20;

/** What a timer of Node can hold: 24.8 days. */
const LONGEST_MS = 2_147_483_647;

class SystemScheduler implements Scheduler {
  #stallMs = 0;
  #stallSeenAt = 0;

  now(): number {
    return performance.now();
  }

  wallMs(): number {
    return Date.now();
  }

  after(delay: number, fn: () => void): Timer {
    // Node takes what does not fit for 1 ms.
    const ms = Math.min(Math.max(0, delay), LONGEST_MS);
    const due = performance.now() + ms;
    const handle = setTimeout(() => {
      this.#observe(due);
      fn();
    }, ms);
    return {
      cancel: () => clearTimeout(handle),
      unref: () => void handle.unref(),
      ref: () => void handle.ref(),
    };
  }

  afterIo(fn: () => void): void {
    setImmediate(fn);
  }

  get lastStallMs(): number {
    return performance.now() - this.#stallSeenAt <= STALL_MEMORY_MS ? this.#stallMs : 0;
  }

  /** A timer that fires late shows how long the event loop was blocked; this needs no timer of its own. */
  #observe(due: number): void {
    const now = performance.now();
    const late = now - due;
    if (late < STALL_FLOOR_MS || late < this.lastStallMs) return;
    this.#stallMs = late;
    this.#stallSeenAt = now;
  }
}

const collected = new FinalizationRegistry<() => void>((fn) => fn());

/** The real world: Node's timers, clocks, randomness, console and garbage collector. The default of everything. */
export const systemEnv: Env = {
  scheduler: new SystemScheduler(),
  random: () => Math.random(),
  log: (level, context, message) => console[level](`[${context}] ${message}`),
  onCollected(target, fn) {
    const token = {};
    collected.register(target, fn, token);
    return () => void collected.unregister(token);
  },
};
