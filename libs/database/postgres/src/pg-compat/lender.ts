import type { Borrower } from '@nest-pooling/sql/faces';
import type { PoolClient } from 'pg';
import type { LeanQueries } from './lean-queries.js';

/** One borrowing of a client, as the face sees it. */
export interface Loan {
  /** What is lent. */
  readonly client: PoolClient;
  /** Nobody has had it before: it is verified first. */
  fresh: boolean;
  /** A leaner way to run plain statements on the client, where it has one. */
  readonly lean?: LeanQueries | undefined;
  /** Ends the borrowing; with anything but a false value the client is closed. */
  giveBack(error: unknown): void;
}

/** Where the clients of a {@link PoolFace} come from. */
export interface Lender {
  /** Clients that exist or are being connected. */
  readonly total: number;
  /** Clients that can be lent at once. */
  readonly idle: number;
  /** Callers that wait for a client of somebody else. */
  readonly waiting: number;
  /** Clients that are past their lifetime, and still lent. */
  readonly expired: number;
  /** A client that can be lent at once, synchronously. */
  tryBorrow(): Loan | undefined;
  /** A client, as soon as there is one. */
  borrow(borrower: Borrower<Loan>): void;
  /** Lends nothing any more; settles when every client came back. */
  end(): Promise<void>;
}
