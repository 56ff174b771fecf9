import type { Borrower } from './lender.js';

/** Somebody who waits for a connection. */
export class Pending {
  constructor(readonly borrower: Borrower) {}
}

/** Those who wait, first come first served. Each is told once; who was told an error may still stand in the engine's queue. */
export class PendingList {
  /** Told, but still in the engine's queue. */
  abandoned = 0;
  readonly #waiting = new Set<Pending>();

  add(pending: Pending): void {
    this.#waiting.add(pending);
  }

  /** The engine has decided; answers whether anybody is left to hear of it. */
  take(pending: Pending): boolean {
    if (this.#waiting.delete(pending)) return true;
    this.abandoned--;
    return false;
  }

  /** A connection could not be made: tells the one who waits longest. */
  fail(error: Error): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    this.#waiting.delete(first);
    this.abandoned++;
    first.borrower(error, undefined);
  }
}
