import { SourceLender, type Borrower } from '@nest-pooling/sql/faces';
import type { PoolClient } from 'pg';
import type { Lender, Loan } from './lender.js';
import { RoutedClient } from './routed-client.js';

/** Lends clients that have no session until their first statement: nobody waits for one before it is known where. */
export class RoutedLender extends SourceLender<Loan> implements Lender {
  readonly expired = 0;

  tryBorrow(): Loan {
    this.begun();
    const routed = new RoutedClient(this.source, () => this.over());
    return {
      client: routed as unknown as PoolClient,
      fresh: false,
      giveBack: (error) => routed.giveBack(error),
    };
  }

  borrow(borrower: Borrower<Loan>): void {
    borrower(undefined, this.tryBorrow());
  }
}
