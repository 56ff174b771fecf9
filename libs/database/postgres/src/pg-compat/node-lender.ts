import type { BorrowedSession, SessionSource, SqlNode } from '@nest-pooling/sql';
import type { PoolClient } from 'pg';
import type { Borrower, Lender, Loan } from './lender.js';
import { pgError } from './messages.js';
import { RawSession } from './raw-session.js';

/** Knows what is out, and settles when nothing is any more. */
export abstract class SourceLender implements Lender {
  readonly expired = 0;
  #out = 0;
  #ended: (() => void) | undefined;

  constructor(protected readonly source: SessionSource) {}

  get total(): number {
    return this.#sum((node) => node.pool.stats().total);
  }

  get idle(): number {
    return this.#sum((node) => node.pool.idle);
  }

  get waiting(): number {
    return this.#sum((node) => node.pool.load - node.pool.leased);
  }

  abstract tryBorrow(): Loan | undefined;

  abstract borrow(borrower: Borrower): void;

  /** The sessions stay with their pool. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      this.#ended = resolve;
      this.#settle();
    });
  }

  /** One more is out. */
  protected begun(): void {
    this.#out++;
  }

  /** One came back. */
  protected over(): void {
    this.#out--;
    this.#settle();
  }

  #settle(): void {
    if (this.#out === 0) this.#ended?.();
  }

  #sum(of: (node: SqlNode) => number): number {
    return this.source.nodes.reduce((sum, node) => sum + of(node), 0);
  }
}

/** Lends the sessions of one server. */
export class NodeLender extends SourceLender {
  readonly #seen = new WeakSet<PoolClient>();

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

  borrow(borrower: Borrower): void {
    this.begun();
    this.source.borrow({ access: 'write' }).then(
      (borrowed) => {
        this.over();
        borrower(undefined, this.#lend(borrowed));
      },
      (error: unknown) => {
        this.over();
        borrower(pgError(error), undefined);
      },
    );
  }

  #lend(borrowed: BorrowedSession): Loan {
    const raw = RawSession.take(borrowed, this.source);
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
