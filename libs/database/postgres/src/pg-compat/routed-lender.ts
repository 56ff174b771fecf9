import type { PoolClient } from 'pg';
import type { Borrower, Loan } from './lender.js';
import { SourceLender } from './node-lender.js';
import { RoutedClient } from './routed-client.js';

/** Lends clients that have no session until their first statement: nobody waits for one before it is known where. */
export class RoutedLender extends SourceLender {
  tryBorrow(): Loan {
    this.begun();
    const routed = new RoutedClient(this.source, () => this.over());
    return {
      client: routed as unknown as PoolClient,
      fresh: false,
      giveBack: (error) => routed.giveBack(error),
    };
  }

  borrow(borrower: Borrower): void {
    borrower(undefined, this.tryBorrow());
  }
}
