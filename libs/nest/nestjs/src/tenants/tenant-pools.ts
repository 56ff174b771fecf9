import { TenantMissingError } from '../errors/tenant-errors.js';
import type { TenantHost } from './tenant-host.js';
import type { TenantUseOptions } from './tenant-options.js';
import { checkTenant, currentTenant } from './tenant-scope.js';

/**
 * A pool for each tenant, opened when it is needed. At the limit the least recently used one is closed, never one in use. Inject it
 * with `@InjectTenants(name)`; describe it with `tenants({ … })`.
 */
export class TenantPools<Face extends object = object> {
  /** The name that the pools were given in the configuration. */
  readonly name: string;
  readonly #host: TenantHost<Face>;

  /** Made by `tenants`; inject it. */
  constructor(name: string, host: TenantHost<Face>) {
    this.name = name;
    this.#host = host;
  }

  /**
   * Lends a tenant's pool to `work`, opened if need be; it stays open until `work` has settled.
   *
   * @throws What `create` of the definition throws for a tenant that does not exist.
   * @throws PoolKeysExhaustedError when the limit is reached and every open pool is in use.
   * @throws PoolCreateError when the tenant's pool does not start; its cause says why.
   */
  async use<R>(tenant: string, work: (pool: Face) => Promise<R> | R, options?: TenantUseOptions): Promise<R> {
    checkTenant(tenant, `the tenants of the pool '${this.name}'`);
    const lease = await this.#host.acquire(tenant, options);
    try {
      return await work(lease.resource.face);
    } finally {
      lease.release();
    }
  }

  /**
   * {@link TenantPools.use} for the tenant of the scope, see `runAsTenant`.
   *
   * @throws TenantMissingError when there is none.
   */
  async useCurrent<R>(work: (pool: Face) => Promise<R> | R, options?: TenantUseOptions): Promise<R> {
    return this.use(this.current(), work, options);
  }

  /**
   * A tenant's pool, opened if need be; rejects as {@link TenantPools.use} does. Do not keep it: while nobody uses it through {@link TenantPools.use} it may be closed
   * when its place is needed, though what was given to it before is finished.
   */
  async get(tenant: string, options?: TenantUseOptions): Promise<Face> {
    return this.use(tenant, (pool) => pool, options);
  }

  /**
   * The tenant of the scope.
   *
   * @throws TenantMissingError when there is none.
   */
  current(): string {
    const tenant = currentTenant();
    if (tenant === undefined) throw new TenantMissingError(this.name);
    return tenant;
  }

  /** The tenants that have an open pool, most recently used first. */
  tenants(): readonly string[] {
    return this.#host.keyed.keys();
  }

  /**
   * Closes the pool of one tenant, for instance because the tenant is gone or its credentials were replaced: it waits for work that is under way,
   * five seconds at the most. Whoever asks for the tenant again gets a new one.
   */
  close(tenant: string): Promise<void> {
    return this.#host.keyed.closeKey(tenant);
  }
}
