import type { BorrowedSession, SessionSource } from '../session-source.js';
import type { SqlNode } from '../sql-node.js';
import type { Borrower } from './pending.js';

/** Lends the sessions of a pool. Knows what is out, and settles when nothing is any more. */
export abstract class SourceLender<Loan> {
  #out = 0;
  #ended: (() => void) | undefined;

  constructor(protected readonly source: SessionSource) {}

  /** Sessions that exist. */
  get total(): number {
    return this.#sum((node) => node.pool.stats().total);
  }

  /** Sessions that can be lent at once. */
  get idle(): number {
    return this.#sum((node) => node.pool.idle);
  }

  /** Callers that wait for a session. */
  get waiting(): number {
    return this.#sum((node) => node.pool.load - node.pool.leased);
  }

  /** What can be lent at once. */
  abstract tryBorrow(): Loan | undefined;

  /** Lends as soon as that is possible. */
  abstract borrow(borrower: Borrower<Loan>): void;

  /** The sessions stay with their pool. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      this.#ended = resolve;
      this.#settle();
    });
  }

  /** Borrows a session that can write; who waits for one is out already. */
  protected borrowSession(
    lend: (borrowed: BorrowedSession) => Loan,
    errorOf: (error: unknown) => Error,
    borrower: Borrower<Loan>,
  ): void {
    this.begun();
    this.source.borrow({ access: 'write' }).then(
      (borrowed) => {
        this.over();
        borrower(undefined, lend(borrowed));
      },
      (error: unknown) => {
        this.over();
        borrower(errorOf(error), undefined);
      },
    );
  }

  /** One more is out. */
  protected begun(): void {
    this.#out++;
  }

  /** One came back. */
  protected over(): void {
    this.#out--;
    this.#settle();
  }

  #settle(): void {
    if (this.#out === 0) this.#ended?.();
  }

  #sum(of: (node: SqlNode) => number): number {
    return this.source.nodes.reduce((sum, node) => sum + of(node), 0);
  }
}
