import type { Scheduler } from '@nest-pooling/core';

/** A piece of foreign work under way. */
export interface Bounded<R> {
  /** Settles when the work does, when its time is over, or when it is aborted: whatever comes first. */
  readonly promise: Promise<R>;
  abort(error: Error): void;
  /** Settles when the work itself has ended, however long after everybody gave up on it, and a late result is dealt with. */
  readonly ended: Promise<void>;
  /** The work has not ended: whoever waited gave up on it. */
  pending(): boolean;
}

const NOT_BEGUN = Symbol('not begun');

/**
 * Runs work that may throw, hang or answer late, and waits for it no longer than `ms`. Its signal aborts when
 * nobody waits any more; a result that comes after that is given to `late`, so that it is not lost.
 */
export function bounded<R>(
  scheduler: Scheduler,
  ms: number,
  work: (signal: AbortSignal) => Promise<R> | R,
  expired: () => Error,
  late: (result: R) => Promise<void> | void = () => {},
): Bounded<R> {
  const controller = new AbortController();
  let abort!: (error: Error) => void;
  let ended!: Promise<void>;
  let pending = true;
  const promise = new Promise<R>((resolve, reject) => {
    let over = false;
    abort = (error) => {
      if (over) return;
      over = true;
      timer.cancel();
      reject(error);
      controller.abort(error);
    };
    // One I/O phase of grace: the answer may lie in a socket that a blocked event loop has not read.
    const timer = scheduler.after(ms, () => scheduler.afterIo(() => over || abort(expired())));
    ended = Promise.resolve()
      // What nobody waits for any more is not begun.
      .then(() => (over ? NOT_BEGUN : work(controller.signal)))
      .then(
        (result): Promise<void> | void => {
          pending = false;
          if (result === NOT_BEGUN) return undefined;
          if (over) return late(result);
          over = true;
          timer.cancel();
          resolve(result);
          return undefined;
        },
        (error: unknown) => {
          pending = false;
          if (over) return;
          over = true;
          timer.cancel();
          reject(error instanceof Error ? error : new Error(text(error), { cause: error }));
        },
      );
  });
  return { promise, abort, ended, pending: () => pending };
}

/** Not every value can be turned into a text, and this is no place to throw. */
function text(error: unknown): string {
  return typeof error === 'string' ? error : 'rejected with a value that is no Error';
}
