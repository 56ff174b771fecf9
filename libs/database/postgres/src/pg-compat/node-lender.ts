import type { BorrowedSession, SessionSource } from '@nest-pooling/sql';
import { SourceLender, type Borrower } from '@nest-pooling/sql/faces';
import type { PoolClient } from 'pg';
import type { Lender, Loan } from './lender.js';
import { pgError } from './messages.js';
import { RawSession } from './raw-session.js';

/** Lends the sessions of one server. */
export class NodeLender extends SourceLender<Loan> implements Lender {
  readonly expired = 0;
  readonly #seen = new WeakSet<PoolClient>();
  readonly #lend = (borrowed: BorrowedSession): Loan => this.#lent(RawSession.take(borrowed, this.source));

  constructor(
    source: SessionSource,
    private readonly tell: (event: 'connect' | 'remove', client: PoolClient) => void,
  ) {
    super(source);
  }

  tryBorrow(): Loan | undefined {
    const [node] = this.source.nodes;
    const lease = node!.pool.tryAcquire();
    return lease === undefined ? undefined : this.#lend({ node: node!, lease });
  }

  borrow(borrower: Borrower<Loan>): void {
    this.borrowSession(this.#lend, pgError, borrower);
  }

  #lent(raw: RawSession): Loan {
    const { client } = raw;
    this.begun();
    if (!this.#seen.has(client)) {
      this.#seen.add(client);
      this.tell('connect', client);
    }
    return {
      client,
      fresh: false,
      giveBack: (error) => {
        const gone = Boolean(error) || raw.dead;
        raw.end(error);
        if (gone) this.tell('remove', client);
        this.over();
      },
    };
  }
}
