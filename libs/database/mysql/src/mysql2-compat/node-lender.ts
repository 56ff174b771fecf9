import type { BorrowedSession, SessionSource, SqlNode } from '@nest-pooling/sql';
import { BoundConnection } from './bound-connection.js';
import type { ConnectionOwner } from './lent-connection.js';
import type { Borrower, Lender, Loan } from './lender.js';
import { mysql2Error } from './messages.js';

/** Knows what is out, and settles when nothing is any more. */
export abstract class SourceLender implements Lender {
  #out = 0;
  #ended: (() => void) | undefined;

  constructor(
    protected readonly owner: ConnectionOwner,
    protected readonly source: SessionSource,
  ) {}

  get total(): number {
    return this.#sum((node) => node.pool.stats().total);
  }

  get idle(): number {
    return this.#sum((node) => node.pool.idle);
  }

  get waiting(): number {
    return this.#sum((node) => node.pool.load - node.pool.leased);
  }

  abstract get full(): boolean;

  abstract tryBorrow(): Loan | undefined;

  abstract borrow(borrower: Borrower): void;

  /** The sessions stay with their pool. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      this.#ended = resolve;
      this.#settle();
    });
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

/** Lends the sessions of one server. */
export class NodeLender extends SourceLender {
  readonly #gone = (): void => this.over();

  get full(): boolean {
    const { leased, settings } = this.source.nodes[0]!.pool;
    return leased >= settings.max;
  }

  tryBorrow(): Loan | undefined {
    const [node] = this.source.nodes;
    const lease = node!.pool.idle > 0 ? node!.pool.tryAcquire() : undefined;
    return lease === undefined ? undefined : this.#lend({ node: node!, lease });
  }

  borrow(borrower: Borrower): void {
    this.begun();
    this.source.borrow({ access: 'write' }).then(
      (borrowed) => {
        this.over();
        borrower(undefined, this.#lend(borrowed));
      },
      (error: unknown) => {
        this.over();
        borrower(mysql2Error(error), undefined);
      },
    );
  }

  #lend(borrowed: BorrowedSession): Loan {
    const bound = BoundConnection.of(this.owner, this.source, borrowed, this.#gone);
    this.begun();
    return bound;
  }
}
