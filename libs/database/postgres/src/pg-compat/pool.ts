import pg, { type ClientBase, type PoolClient } from 'pg';
import type { ClientHost } from './client-factory.js';
import { ClientLender } from './client-lender.js';
import { checkPooling, type CompatConfig } from './config.js';
import type { Lender } from './lender.js';
import { isDead } from './pg-client.js';
import { PoolFace } from './pool-face.js';

/**
 * A drop-in for `Pool` of `pg`, over our engine. Everything that pg.Pool documents is there, with its names, its meanings, its
 * messages and the driver's own errors; it is an instance of pg.Pool, and it lends real `pg.Client`s.
 *
 * ```ts
 * import { Pool } from '@nest-pooling/postgres/pg-compat'; // was: from 'pg'
 * const pool = new Pool({ connectionString, max: 20 });
 * ```
 *
 * What is different, on purpose:
 *
 * - Whoever waits takes whatever client becomes free first, also when a connection was begun for him.
 * - While a server refuses connections, callers are told at once and it is asked again after 10 to 100 ms, instead of once for each of them.
 * - `min` clients are kept ready and refilled, not only spared by the idle timeout.
 * - A transaction that a borrower left open is rolled back before anybody else has the client, and a `pool.query` that the server
 *   refused keeps its connection; `pooling: { onReturn: 'nothing' }` is exactly as pg.Pool.
 * - Plain statements, of `pool.query` and of a lent client's `query`, leave in one piece, and what a named one returns is asked once; with
 *   `onReturn: 'nothing'` those of lent clients are all pg's own.
 * - An error on a client that is lent never ends the process; the borrower's statement is told it.
 * - `end` serves those who wait already, and settles when every connection is closed.
 */
export class Pool extends PoolFace {
  protected override readonly lender: Lender;
  readonly #exact: boolean;

  /**
   * Connects to nothing. `Client` is the class of the clients, as in pg-pool; the option of that name wins.
   * @throws OptionsError for wrong options of `pooling`
   */
  constructor(config: CompatConfig = {}, Client?: new (options: object) => ClientBase) {
    super(config);
    const { pooling = {} } = config;
    checkPooling(pooling);
    const own = this as unknown as { Client: ClientHost['Client']; log: ClientHost['log'] };
    own.Client = (config.Client as ClientHost['Client'] | undefined) ?? Client ?? own.Client;
    this.#exact = pooling.onReturn === 'nothing';
    this.lender = new ClientLender(hostOf(this, own), this.options, pooling);
  }

  protected override survives(error: Error, client: PoolClient): boolean {
    return !this.#exact && error instanceof pg.DatabaseError && !isDead(client);
  }
}

function hostOf(pool: Pool, own: { Client: ClientHost['Client']; log: ClientHost['log'] }): ClientHost {
  return {
    get Client() {
      return own.Client;
    },
    log: (...messages) => own.log(...messages),
    connected: (client: PoolClient) => void pool.emit('connect', client),
    removed: (client: PoolClient) => void pool.emit('remove', client),
    lost: (error: Error, client: PoolClient) => void pool.emit('error', error, client),
  };
}
