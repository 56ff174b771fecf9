import { systemEnv, type Env } from '@nest-pooling/core';
import { Pool as Engine, type Lease } from '@nest-pooling/pool';
import { Pending, PendingList, type Borrower } from '@nest-pooling/sql/faces';
import type { Checked } from './config.js';
import { ConnectionFactory, type ConnectionHost } from './connection-factory.js';
import type { Lender, Loan } from './lender.js';
import type { Member } from './member.js';
import { mysql2Error } from './messages.js';

/** Lends connections that it makes itself, by our engine. */
export class ConnectionLender implements Lender {
  readonly #engine: Engine<Member>;
  readonly #factory: ConnectionFactory;
  readonly #pending = new PendingList<Loan>();

  constructor(host: ConnectionHost, { config, pooling, settings }: Checked, env: Env = systemEnv) {
    const { name = 'mysql2', onReturn = 'rollback' } = pooling;
    const way = config.resetOnRelease ? 'session' : onReturn;
    this.#factory = new ConnectionFactory(
      host,
      way,
      env,
      (member) => this.#engine.invalidate(member, 'connection lost'),
      () => this.#engine.load > this.#engine.leased,
    );
    this.#engine = new Engine({ ...settings, name, factory: this.#factory }, env);
    this.#engine.on('createFailed', ({ error }) => this.#pending.fail(mysql2Error(error)));
  }

  get total(): number {
    return this.#factory.members.size;
  }

  get idle(): number {
    return this.#engine.idle;
  }

  /** Who waits for a connection that is being made waits for nobody. */
  get waiting(): number {
    return Math.max(0, this.#callers - this.#factory.connecting);
  }

  get full(): boolean {
    const { idle, settings } = this.#engine;
    return idle === 0 && this.total >= settings.max && this.#factory.connecting <= this.#callers;
  }

  tryBorrow(): Loan | undefined {
    const engine = this.#engine;
    const lease = engine.idle > 0 ? engine.tryAcquire() : undefined;
    return lease?.resource.lent(lease);
  }

  borrow(borrower: Borrower<Loan>): void {
    const pending = new Pending<Loan>(borrower);
    this.#pending.add(pending);
    this.#engine.acquire().then(
      (lease) => this.#served(pending, lease),
      (error: unknown) => {
        if (this.#pending.take(pending)) borrower(mysql2Error(error), undefined);
      },
    );
  }

  /** As mysql2: who waits is turned away, and what is lent is closed when it has answered what it was asked. */
  end(): Promise<void> {
    for (const member of this.#factory.members) member.giveBack('the pool was ended');
    return this.#engine.close();
  }

  get #callers(): number {
    const { load, leased } = this.#engine;
    return load - leased - this.#pending.abandoned;
  }

  #served(pending: Pending<Loan>, lease: Lease<Member>): void {
    if (this.#pending.take(pending)) pending.borrower(undefined, lease.resource.lent(lease));
    else lease.release();
  }
}
