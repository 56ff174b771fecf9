import type { Env } from '../env.js';
import type { Scheduler, Timer } from '../scheduler.js';
import { TimerHeap, type TimerEntry } from './timer-heap.js';

/** As long as the real scheduler remembers a stall. */
const STALL_MEMORY_MS = 1_000;

/** How exactly {@link VirtualEnv.until} stops. */
const STEP_MS = 5;

/**
 * An {@link Env} whose time stands still until it is told to move and whose chance comes from a seed: the same
 * seed and the same calls give the same run, every time. For tests and simulations of what waits.
 */
export class VirtualEnv implements Env {
  /** Clocks that stand still and timers that wait for {@link VirtualEnv.advance}. */
  readonly scheduler: Scheduler;
  readonly random: () => number;
  #now = 0;
  #order = 0;
  #stallMs = 0;
  #stalledAt = 0;
  readonly #timers = new TimerHeap();
  #io: (() => void)[] = [];
  readonly #collected = new Map<object, Set<() => void>>();

  constructor(seed = 1) {
    this.random = mulberry32(seed);
    // Inside the object literal `this` is the scheduler; the getter needs the environment.
    // oxlint-disable-next-line typescript/no-this-alias
    const env = this;
    this.scheduler = {
      now: () => env.#now,
      wallMs: () => 1_700_000_000_000 + env.#now,
      after: (ms, fn) => env.#after(ms, fn),
      afterIo: (fn) => void env.#io.push(fn),
      get lastStallMs() {
        return env.#now - env.#stalledAt <= STALL_MEMORY_MS ? env.#stallMs : 0;
      },
    };
  }

  /** How many timers are pending: zero after everything was closed. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** How many targets {@link Env.onCollected} watches. */
  get watchedTargets(): number {
    return this.#collected.size;
  }

  onCollected(target: object, fn: () => void): () => void {
    const fns = this.#collected.get(target) ?? new Set();
    this.#collected.set(target, fns.add(fn));
    return () => {
      if (fns.delete(fn) && fns.size === 0) this.#collected.delete(target);
    };
  }

  /** Pretends that `target` was garbage collected. */
  collect(target: object): void {
    const fns = this.#collected.get(target);
    this.#collected.delete(target);
    for (const fn of fns ?? []) fn();
  }

  /** Lets all promise callbacks and pending I/O phases run, without moving time. */
  async settle(): Promise<void> {
    // From here on everything is done in promise callbacks, whoever called.
    await Promise.resolve();
    await microtasks();
    if (this.#io.length > 0) await this.#poll();
  }

  /** Moves time on by `ms`, running each timer at its moment and everything that follows from it. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await this.settle();
    for (;;) {
      const next = this.#timers.first;
      if (next === undefined || next.at > until) break;
      this.#now = Math.max(this.#now, next.at);
      this.#run(next);
      await this.settle();
    }
    this.#now = Math.max(this.#now, until);
  }

  /**
   * Moves time on until `promise` settles, and gives what it settled to. Rejects when that has not happened after
   * `limitMs` of virtual time (default 300,000): a promise that is still open then never settles.
   */
  async until<R>(promise: Promise<R>, limitMs = 300_000): Promise<R> {
    const seen = { settled: false };
    const settle = (): void => {
      seen.settled = true;
    };
    promise.then(settle, settle);
    for (let ms = 0; !seen.settled; ms += STEP_MS) {
      if (ms > limitMs) throw new Error(`the promise did not settle within ${limitMs} ms`);
      await this.advance(STEP_MS);
    }
    return promise;
  }

  /**
   * Blocks the event loop for `ms`: time leaps, then all timers that came due run at once, before any I/O
   * phase. Pass `arrived` for input that came in meanwhile: it is handled after the timers, as Node does it.
   */
  async stall(ms: number, arrived?: () => void): Promise<void> {
    await this.settle();
    this.block(ms);
    if (arrived) this.#io.push(arrived);
    for (
      let next = this.#timers.first;
      next !== undefined && next.at <= this.#now;
      next = this.#timers.first
    ) {
      this.#run(next);
      await microtasks();
    }
    await this.settle();
  }

  /**
   * Takes `ms` in the middle of a turn of the event loop, as work of the caller does that does not wait: time goes on, and nothing
   * else runs. What came due runs with the next {@link VirtualEnv.advance}.
   */
  block(ms: number): void {
    this.#now += ms;
    this.#stallMs = Math.max(ms, this.scheduler.lastStallMs);
    this.#stalledAt = this.#now;
  }

  /** Runs I/O phases until nothing is pending there. */
  async #poll(): Promise<void> {
    while (this.#io.length > 0) {
      const batch = this.#io;
      this.#io = [];
      for (const fn of batch) {
        fn();
        await microtasks();
      }
    }
  }

  #after(ms: number, fn: () => void): Timer {
    const entry: TimerEntry = { at: this.#now + Math.max(0, ms), order: this.#order++, fn, place: -1 };
    this.#timers.add(entry);
    return {
      cancel: () => this.#timers.remove(entry),
      unref: () => {},
      ref: () => {},
    };
  }

  #run(entry: TimerEntry): void {
    this.#timers.remove(entry);
    entry.fn();
  }
}

/**
 * Node runs a tick callback only when no promise callback is left: cheaper than a turn of the event loop. But
 * only seen from a promise callback; elsewhere ticks come first.
 */
function microtasks(): Promise<void> {
  return new Promise(nextTick);
}

const nextTick = (resolve: () => void): void => process.nextTick(resolve);

/** A small seeded generator (mulberry32): even enough for tests, and the same everywhere. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
