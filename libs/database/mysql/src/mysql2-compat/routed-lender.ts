import type { SessionSource } from '@nest-pooling/sql';
import { SourceLender, type Borrower } from '@nest-pooling/sql/faces';
import type { ConnectionOwner } from './lent-connection.js';
import type { Lender, Loan } from './lender.js';
import { RoutedConnection } from './routed-connection.js';

/** Lends connections that have no session until their first statement: nobody waits for one before it is known where. */
export class RoutedLender extends SourceLender<Loan> implements Lender {
  readonly full = false;

  constructor(
    private readonly owner: ConnectionOwner,
    source: SessionSource,
  ) {
    super(source);
  }

  tryBorrow(): Loan {
    this.begun();
    return new RoutedConnection(this.owner, this.source, () => this.over());
  }

  borrow(borrower: Borrower<Loan>): void {
    borrower(undefined, this.tryBorrow());
  }
}
