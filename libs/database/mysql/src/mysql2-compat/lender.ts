import type { Borrower } from '@nest-pooling/sql/faces';
import type { PoolConnection } from 'mysql2';

/** The key under which a connection that is lent has its {@link Loan}. */
export const LOAN: unique symbol = Symbol('nest-pooling.mysql2-compat.loan');

/** One borrowing of a connection, as the face sees it. */
export interface Loan {
  /** What is lent. */
  readonly connection: PoolConnection;
  /** Nobody has had it before. */
  fresh: boolean;
  /** Ends the borrowing; with anything but a false value the connection is closed. Once it has ended, nothing. */
  giveBack(error?: unknown): void;
}

/** Where the connections of a `PoolFace` come from. */
export interface Lender {
  /** Connections that exist or are being made. */
  readonly total: number;
  /** Connections that can be lent at once. */
  readonly idle: number;
  /** Callers that wait for a connection of somebody else. */
  readonly waiting: number;
  /** Whoever comes now has to wait for somebody else's. */
  readonly full: boolean;
  /** A connection that can be lent at once, synchronously. */
  tryBorrow(): Loan | undefined;
  /** A connection, as soon as there is one. */
  borrow(borrower: Borrower<Loan>): void;
  /** Lends nothing any more; settles when all is over. */
  end(): Promise<void>;
}

/** The borrowing of a connection; `undefined` for one that is none of ours. */
export function loanOf(connection: object): Loan | undefined {
  return (connection as { [LOAN]?: Loan })[LOAN];
}
