/** A pending callback of a {@link Scheduler}. */
export interface Timer {
  /** Forgets the callback. Harmless when it has run already. */
  cancel(): void;
  /** Lets the process end although this timer is pending (background work). */
  unref(): void;
  /** Takes {@link Timer.unref} back: somebody waits for this timer again. */
  ref(): void;
}

/**
 * Time, as the engine sees it. Every wait of the engine goes through one of these, so that a test or a
 * simulation can replace the clock (see `VirtualEnv` in `@nest-pooling/core/testing`).
 */
export interface Scheduler {
  /** Monotonic milliseconds since an arbitrary start; never jumps back. Costs about 40 ns: not for hot paths. */
  now(): number;
  /** Milliseconds since 1970, for humans and for other machines; may jump. */
  wallMs(): number;
  /** Runs `fn` once, not before `ms` milliseconds have passed. */
  after(ms: number, fn: () => void): Timer;
  /**
   * Runs `fn` after the input that has already arrived was handled (one poll phase later). It is the guard
   * against false timeouts: after a blocked event loop timers fire before the answers that lie in the
   * sockets are read, so a deadline is enforced only one I/O phase after its timer.
   */
  afterIo(fn: () => void): void;
  /** The longest stall of this process's own event loop seen within the last second, in milliseconds; else 0. */
  readonly lastStallMs: number;
}
