import type { Lease } from '@nest-pooling/pool';
import type { PoolClient } from 'pg';
import type { LeanQueries } from './lean-queries.js';
import type { Loan } from './lender.js';
import { keepAlive } from './pg-client.js';

/** A client of a pool, and what the pool must know about it; the resource of its engine. */
export class Member implements Loan {
  fresh = true;
  lean: LeanQueries | undefined = undefined;
  /** Its present borrowing. */
  lease: Lease<Member> | undefined = undefined;
  /** Not to be used again. */
  broken = false;
  /** A statement left state behind. */
  dirty = false;
  /** When it was connected, on `scheduler.now()`. */
  bornAt = 0;

  constructor(
    readonly client: PoolClient,
    private readonly owner: {
      readonly exitsOnIdle: boolean;
      left(member: Member): void;
    },
  ) {}

  /** Has it for a borrower. */
  lent(lease: Lease<Member>): this {
    this.lease = lease;
    if (this.owner.exitsOnIdle) keepAlive(this.client, true);
    return this;
  }

  giveBack(error: unknown): void {
    const lease = this.lease!;
    this.lease = undefined;
    if (error) {
      this.owner.left(this);
      lease.discard(error);
      return;
    }
    if (this.owner.exitsOnIdle) keepAlive(this.client, false);
    lease.release();
  }
}
