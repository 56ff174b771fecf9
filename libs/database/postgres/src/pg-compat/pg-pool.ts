import { sessionSourceOf, type SqlPool } from '@nest-pooling/sql';
import pg from 'pg';
import type { Lender } from './lender.js';
import { NodeLender } from './node-lender.js';
import { isDead } from './pg-client.js';
import { PoolFace, type Done } from './pool-face.js';
import { RoutedLender } from './routed-lender.js';
import { Shortcut } from './shortcut.js';

/** The face of a `SqlPool`; made by {@link pgPool}. */
class SqlPoolFace extends PoolFace {
  protected override readonly lender: Lender;
  readonly #shortcut: Shortcut;

  constructor(pool: SqlPool) {
    const source = sessionSourceOf(pool);
    const { max, min, acquireTimeoutMs } = source.nodes[0]!.pool.settings;
    super({ max, min, connectionTimeoutMillis: acquireTimeoutMs });
    this.#shortcut = new Shortcut(pool);
    this.lender = source.routes
      ? new RoutedLender(source)
      : new NodeLender(source, (event, client) => void this.emit(event, client));
  }

  /** Whoever listens wants to see a client. */
  protected override run(text: unknown, values: unknown, done: Done): void {
    const observed = this.listenerCount('acquire') > 0 || this.listenerCount('release') > 0;
    const slowly = (): void => super.run(text, values, done);
    if (observed || this.ending || !this.#shortcut.run(text, values, done, slowly)) slowly();
  }

  protected override survives(error: Error, client: pg.PoolClient): boolean {
    return error instanceof pg.DatabaseError && !isDead(client);
  }
}

const faces = new WeakMap<SqlPool, pg.Pool>();

/**
 * A `pg.Pool` over a pool that exists already, for libraries that want one: the same sessions, the same limits. It is one and the
 * same object each time, until it is ended.
 *
 * ```ts
 * const db = drizzle(pgPool(orders)); // orders: SqlPool or ReadReplicaRouter of postgres({ … })
 * ```
 *
 * Errors are the driver's own, and pg.Pool's where there is no client to be had. A session comes back as from our own `use`: what is
 * open is rolled back, and what a statement left behind is cleared. The pool's time limits hold.
 *
 * `pool.query` runs plain statements as `SqlPool.query` does: several of them share a session where that pays, what comes often is
 * prepared, and over a router a read whose replica dies runs elsewhere. Anything else has a client of its own, and so has everything
 * while somebody listens to `acquire` or `release`.
 *
 * Over one server, `connect` lends one of its sessions, as the real `pg.Client` that it is. Over a router a client is bound at its
 * first statement: reads go to a replica, anything else to the primary, where it stays until it is released; a transaction
 * runs where it began (`BEGIN READ ONLY` on a replica). So a client sees what it has written. What others have written may
 * not have come to a replica yet: begin a transaction for what must be fresh, or write first.
 *
 * The face stands outside of transactions of `SqlPool.transaction`. `end` ends the face alone, when its clients have come back; the
 * pool goes on, and ends with its owner. Connections that are lost while idle are the pool's affair: no `error` is emitted for them,
 * and `connect`, `remove` only for clients that were lent here (`connect` at the first time, over one server).
 *
 * @throws OptionsError when the pool is not one of this house
 */
export function pgPool(pool: SqlPool): pg.Pool {
  let face = faces.get(pool);
  if (face === undefined || face.ending) faces.set(pool, (face = new SqlPoolFace(pool)));
  return face;
}

/**
 * The module `pg` with a `Pool` that is always {@link pgPool} of `pool`, whatever options it is made with: for libraries that make
 * their pool themselves and take the driver as an option.
 *
 * ```ts
 * new DataSource({ type: 'postgres', driver: pgDriver(orders), … })
 * ```
 */
export function pgDriver(pool: SqlPool): typeof pg {
  // `new` gives what a constructor returns, if that is an object.
  function Pool(): pg.Pool {
    return pgPool(pool);
  }
  Pool.prototype = pg.Pool.prototype;
  return Object.assign(Object.create(pg) as typeof pg, { Pool });
}
