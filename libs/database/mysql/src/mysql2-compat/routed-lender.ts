import type { Borrower, Loan } from './lender.js';
import { SourceLender } from './node-lender.js';
import { RoutedConnection } from './routed-connection.js';

/** Lends connections that have no session until their first statement: nobody waits for one before it is known where. */
export class RoutedLender extends SourceLender {
  readonly full = false;

  tryBorrow(): Loan {
    this.begun();
    return new RoutedConnection(this.owner, this.source, () => this.over());
  }

  borrow(borrower: Borrower): void {
    borrower(undefined, this.tryBorrow());
  }
}
