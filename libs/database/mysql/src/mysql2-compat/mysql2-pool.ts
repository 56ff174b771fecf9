import { sessionSourceOf, type SqlPool } from '@nest-pooling/sql';
import mysql2, { type Pool } from 'mysql2';
import { MysqlDriver } from '../driver.js';
import { CompatUnsupportedError } from './errors.js';
import { configOf, type Command, type Told } from './insides.js';
import type { Lender } from './lender.js';
import { NodeLender } from './node-lender.js';
import { asPool, PoolFace } from './pool-face.js';
import { RoutedLender } from './routed-lender.js';
import { Shortcut } from './shortcut.js';

/** Whoever listens wants to see a connection. */
const EVENTS = ['acquire', 'release', 'connection', 'enqueue'] as const;

/** The face of a `SqlPool`; made by {@link mysql2Pool}. */
class SqlPoolFace extends PoolFace {
  protected override readonly lender: Lender;
  readonly #shortcut: Shortcut;

  constructor(pool: SqlPool) {
    const source = sessionSourceOf(pool);
    const { driver, options, pool: first } = source.nodes[0]!;
    const { host, port, database } = options.target;
    super(
      configOf({
        ...(host.startsWith('/') ? { socketPath: host } : { host, port }),
        ...(database === undefined ? {} : { database }),
        ...(driver instanceof MysqlDriver ? driver.connecting : {}),
        connectionLimit: first.settings.max,
      }),
    );
    this.#shortcut = new Shortcut(pool);
    this.lender = source.routes ? new RoutedLender(this, source) : new NodeLender(this, source);
  }

  protected override queried(command: Command): boolean {
    return !this.#observed && this.#shortcut.query(command);
  }

  protected override executed(sql: unknown, values: unknown, told: Told): boolean {
    if (this.#observed) return false;
    return this.#shortcut.execute(sql, values, told, () => this.slowly(sql, values, told));
  }

  get #observed(): boolean {
    return this.ending || EVENTS.some((event) => this.listenerCount(event) > 0);
  }
}

const faces = new WeakMap<SqlPool, SqlPoolFace>();

/**
 * A pool of mysql2 over a pool that exists already, for libraries that want one: the same sessions, the same limits. It is one and the
 * same object each time, until it is ended. `promise()` is its promise face.
 *
 * ```ts
 * const db = drizzle(mysql2Pool(orders)); // orders: SqlPool or ReadReplicaRouter of mysql({ … })
 * ```
 *
 * Errors are the driver's own, and mysql2's where there is no connection to be had. A session comes back as from our own `use`: what is
 * open is rolled back, what runs is waited for (or ended, when the `timeout` of its query is over), and what a statement left behind
 * is cleared. The pool's time limits hold. How values are read, and the time zone, are the pool's: `session.types`, `session.timeZone`.
 *
 * Reads of `pool.execute`, and of `pool.query` without values, run as `SqlPool.query` does: several of them share a session where that
 * pays, and over a router a read whose replica dies runs elsewhere. Anything else has a connection of its own, and so has everything
 * while somebody listens to `acquire`, `release`, `connection` or `enqueue`.
 *
 * Over one server, `getConnection` lends one of its sessions. Over a router a connection is bound at its first statement: reads go to
 * a replica, anything else to the primary, where it stays until it is released; a transaction runs where it began (`START TRANSACTION READ ONLY` on
 * a replica), also when `SET TRANSACTION` comes before it. So a connection sees what it has written. What others have written
 * may not have come to a replica yet: begin a transaction for what must be fresh, or write first.
 *
 * The face stands outside of transactions of `SqlPool.transaction`. `end` ends the face alone, when its connections have come back; the
 * pool goes on, and ends with its owner. Connections keep their user: `changeUser` is refused with a {@link CompatUnsupportedError}.
 *
 * @throws OptionsError when the pool is not one of this house, and from the first connection when it is not one of MySQL or MariaDB
 */
export function mysql2Pool(pool: SqlPool): Pool {
  let face = faces.get(pool);
  if (face === undefined || face.ending) faces.set(pool, (face = new SqlPoolFace(pool)));
  return asPool(face);
}

/**
 * The module `mysql2` with a `createPool` that is always {@link mysql2Pool} of `pool`, whatever options it is called with: for libraries
 * that make their pool themselves and take the driver as an option.
 *
 * ```ts
 * new DataSource({ type: 'mysql', driver: mysql2Driver(orders), … }) // without `replication`: a router routes by itself
 * ```
 *
 * Its `createPoolCluster` throws a {@link CompatUnsupportedError}.
 */
export function mysql2Driver(pool: SqlPool): typeof mysql2 {
  return Object.assign(Object.create(mysql2) as typeof mysql2, {
    createPool: () => mysql2Pool(pool),
    createPoolCluster: () => {
      throw new CompatUnsupportedError(
        'createPoolCluster',
        'A ReadReplicaRouter sends reads to replicas by itself: leave the option `replication` away.',
      );
    },
  });
}
