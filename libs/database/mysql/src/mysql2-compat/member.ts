/* oxlint-disable no-underscore-dangle -- mysql2's own, which its pool works with */
import type { Lease } from '@nest-pooling/pool';
import type { PoolConnection } from 'mysql2';
import { poolInsides } from './insides.js';
import { LOAN, type Loan } from './lender.js';
import type { Watch } from './watch.js';

/** The server's bit for "each statement is a transaction of its own". */
export const AUTOCOMMIT = 2;

/** A connection of a pool, and what the pool must know about it; the resource of its engine. */
export class Member implements Loan {
  fresh = true;
  /** Its present borrowing. */
  lease: Lease<Member> | undefined = undefined;
  /** Not to be used again. */
  broken = false;
  /** What sees it work, once it is logged in. */
  watch: Watch | undefined = undefined;
  /** The server's status, as it said last. */
  status = AUTOCOMMIT;

  constructor(
    readonly connection: PoolConnection,
    private readonly owner: { left(member: Member): void },
  ) {
    (connection as { [LOAN]?: Loan })[LOAN] = this;
  }

  /** Has it for a borrower. */
  lent(lease: Lease<Member>): this {
    this.lease = lease;
    poolInsides(this.connection)._released = false;
    return this;
  }

  giveBack(error?: unknown): void {
    const { lease } = this;
    if (lease === undefined) return;
    this.lease = undefined;
    poolInsides(this.connection)._released = true;
    if (!error) return lease.release();
    this.owner.left(this);
    lease.discard(error);
  }
}
