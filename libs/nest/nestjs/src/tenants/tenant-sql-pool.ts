import type { PingOptions, PingResult } from '@nest-pooling/core';
import {
  SqlPool,
  type QueryOptions,
  type SqlConnection,
  type SqlResult,
  type SqlRow,
  type StreamOptions,
  type TransactionOptions,
  type UseOptions,
} from '@nest-pooling/sql';
import { timeLeft, type TenantHost } from './tenant-host.js';
import type { TenantUseOptions } from './tenant-options.js';
import type { TenantPools } from './tenant-pools.js';

/**
 * A `SqlPool` that is the pool of the tenant of the scope (`runAsTenant`), so that code which injects a `SqlPool` need not know about tenants. A
 * call outside of any scope is refused with a `TenantMissingError`.
 */
export class TenantSqlPool<Pool extends SqlPool = SqlPool> extends SqlPool {
  readonly name: string;
  /** The pools behind it, for code that names the tenant itself. */
  readonly tenants: TenantPools<Pool>;
  readonly #host: TenantHost<Pool>;

  /** Made by `sqlTenants`; inject it. */
  constructor(tenants: TenantPools<Pool>, host: TenantHost<Pool>) {
    super();
    this.name = tenants.name;
    this.tenants = tenants;
    this.#host = host;
  }

  query<Row = SqlRow>(
    text: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<SqlResult<Row>> {
    return this.#within((pool, left) => pool.query<Row>(text, params, left), options);
  }

  stream<Row = SqlRow>(
    text: string,
    params?: readonly unknown[],
    options?: StreamOptions,
  ): AsyncIterable<Row> {
    // Whoever reads it may do so in another flow.
    return rows(
      this.#host,
      this.tenants.current(),
      (pool) => pool.stream<Row>(text, params, options),
      options,
    );
  }

  transaction<R>(work: (tx: SqlConnection) => Promise<R>, options?: TransactionOptions): Promise<R> {
    return this.#within((pool, left) => pool.transaction(work, left), options);
  }

  use<R>(work: (connection: SqlConnection) => Promise<R>, options?: UseOptions): Promise<R> {
    return this.#within((pool, left) => pool.use(work, left), options);
  }

  outside<R>(work: () => Promise<R>): Promise<R> {
    return this.tenants.useCurrent((pool) => pool.outside(work));
  }

  /** Asks the servers of the tenants that have an open pool; opens none. */
  async ping(options?: PingOptions): Promise<Readonly<Record<string, PingResult>>> {
    const pings = await Promise.allSettled([...this.#host.open].map(({ face }) => face.ping(options)));
    // One that is closed meanwhile is not open any more.
    const answers = pings.flatMap((ping) => (ping.status === 'fulfilled' ? [ping.value] : []));
    return Object.assign({}, ...answers) as Record<string, PingResult>;
  }

  /** In the pool of the current tenant; what waiting for that took is taken off the time of the call. */
  async #within<R, O extends TenantUseOptions>(
    work: (pool: Pool, options: O | undefined) => Promise<R>,
    options: O | undefined,
  ): Promise<R> {
    const tenant = this.tenants.current();
    const host = this.#host;
    if (options?.timeoutMs === undefined || host.keyed.has(tenant)) {
      return this.tenants.use(tenant, (pool) => work(pool, options), options);
    }
    const began = host.now();
    return this.tenants.use(tenant, (pool) => work(pool, timeLeft(options, host.now() - began)), options);
  }
}

async function* rows<Pool extends SqlPool, Row>(
  host: TenantHost<Pool>,
  tenant: string,
  open: (pool: Pool) => AsyncIterable<Row>,
  options: StreamOptions | undefined,
): AsyncGenerator<Row> {
  const lease = await host.acquire(tenant, options);
  try {
    yield* open(lease.resource.face);
  } finally {
    lease.release();
  }
}
