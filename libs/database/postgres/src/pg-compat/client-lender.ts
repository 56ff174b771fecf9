import { systemEnv, type Env } from '@nest-pooling/core';
import { Pool as Engine, type Lease } from '@nest-pooling/pool';
import { Pending, PendingList, type Borrower } from '@nest-pooling/sql/faces';
import type { PoolConfig } from 'pg';
import { ClientFactory, type ClientHost } from './client-factory.js';
import { settingsOf, type PoolingOptions } from './config.js';
import type { Lender, Loan } from './lender.js';
import type { Member } from './member.js';
import { pgError } from './messages.js';

/** No deadline: pg.Pool's `end` waits for as long as clients are out. */
const PATIENT = { deadlineMs: 2_147_483_647 };

/** Lends clients that it connects itself, by our engine. */
export class ClientLender implements Lender {
  readonly #engine: Engine<Member>;
  readonly #factory: ClientFactory;
  readonly #pending = new PendingList<Loan>();
  readonly #env: Env;

  constructor(host: ClientHost, options: PoolConfig, pooling: PoolingOptions, env: Env = systemEnv) {
    const { name = 'pg', onReturn = 'rollback', settings } = pooling;
    this.#env = env;
    this.#factory = new ClientFactory(
      host,
      options,
      onReturn,
      env,
      (member) => this.#engine.invalidate(member, 'connection lost'),
      () => this.#engine.load > this.#engine.leased,
    );
    this.#engine = new Engine({ ...settingsOf(options, settings), name, factory: this.#factory }, env);
    this.#engine.on('createFailed', ({ error }) => this.#pending.fail(pgError(error)));
  }

  get total(): number {
    return this.#factory.members.size;
  }

  get idle(): number {
    return this.#engine.idle;
  }

  /** Who waits for a connection that is being made waits for nobody. */
  get waiting(): number {
    const { load, leased } = this.#engine;
    return Math.max(0, load - leased - this.#pending.abandoned - this.#factory.connecting);
  }

  get expired(): number {
    const { maxLifetimeMs } = this.#engine.settings;
    if (maxLifetimeMs === Infinity) return 0;
    const now = this.#env.scheduler.now();
    let count = 0;
    for (const { lease, bornAt } of this.#factory.members) {
      if (lease !== undefined && now - bornAt >= maxLifetimeMs) count++;
    }
    return count;
  }

  tryBorrow(): Loan | undefined {
    const engine = this.#engine;
    const lease = engine.idle > 0 ? engine.tryAcquire() : undefined;
    return lease?.resource.lent(lease);
  }

  borrow(borrower: Borrower<Loan>): void {
    const engine = this.#engine;
    const pending = new Pending<Loan>(borrower, engine.idle === 0 && this.total < engine.settings.max);
    this.#pending.add(pending);
    engine.acquire().then(
      (lease) => this.#served(pending, lease),
      (error: unknown) => {
        if (this.#pending.take(pending)) borrower(pgError(error, pending.connects), undefined);
      },
    );
  }

  end(): Promise<void> {
    return this.#engine.drain(PATIENT);
  }

  #served(pending: Pending<Loan>, lease: Lease<Member>): void {
    if (this.#pending.take(pending)) pending.borrower(undefined, lease.resource.lent(lease));
    else lease.release();
  }
}
