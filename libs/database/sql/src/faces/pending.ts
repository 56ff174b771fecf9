/** Hears what became of a wish for something to borrow: one of the two, once. */
export type Borrower<Loan> = (error: Error | undefined, loan: Loan | undefined) => void;

/** Somebody who waits. */
export class Pending<Loan> {
  constructor(
    /** Who waits. */
    readonly borrower: Borrower<Loan>,
    /** A connection was begun for it. */
    readonly connects = false,
  ) {}
}

/** Those who wait, first come first served. Each is told once; who was told an error may still stand in the engine's queue. */
export class PendingList<Loan> {
  /** Told, but still in the engine's queue. */
  abandoned = 0;
  readonly #waiting = new Set<Pending<Loan>>();

  /** One more, at the end. */
  add(pending: Pending<Loan>): void {
    this.#waiting.add(pending);
  }

  /** The engine has decided; answers whether anybody is left to hear of it. */
  take(pending: Pending<Loan>): boolean {
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
