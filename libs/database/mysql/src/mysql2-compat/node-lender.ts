import type { BorrowedSession, SessionSource } from '@nest-pooling/sql';
import { SourceLender, type Borrower } from '@nest-pooling/sql/faces';
import { BoundConnection } from './bound-connection.js';
import type { ConnectionOwner } from './lent-connection.js';
import type { Lender, Loan } from './lender.js';
import { mysql2Error } from './messages.js';

/** Lends the sessions of one server. */
export class NodeLender extends SourceLender<Loan> implements Lender {
  readonly #gone = (): void => this.over();
  readonly #lend = (borrowed: BorrowedSession): Loan => {
    const bound = BoundConnection.of(this.owner, this.source, borrowed, this.#gone);
    this.begun();
    return bound;
  };

  constructor(
    private readonly owner: ConnectionOwner,
    source: SessionSource,
  ) {
    super(source);
  }

  get full(): boolean {
    const { leased, settings } = this.source.nodes[0]!.pool;
    return leased >= settings.max;
  }

  tryBorrow(): Loan | undefined {
    const [node] = this.source.nodes;
    const lease = node!.pool.idle > 0 ? node!.pool.tryAcquire() : undefined;
    return lease === undefined ? undefined : this.#lend({ node: node!, lease });
  }

  borrow(borrower: Borrower<Loan>): void {
    this.borrowSession(this.#lend, mysql2Error, borrower);
  }
}
