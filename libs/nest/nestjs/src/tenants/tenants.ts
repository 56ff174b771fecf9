import type { Definition, Env, Managed } from '@nest-pooling/core';
import type { SqlPool } from '@nest-pooling/sql';
import { ManagedTenants } from './managed-tenants.js';
import type { TenantsOptions } from './tenant-options.js';
import type { TenantPools } from './tenant-pools.js';
import { TenantSqlPool } from './tenant-sql-pool.js';

/**
 * Describes a pool for each tenant, of whatever kind:
 *
 * ```ts
 * PoolingModule.forRoot({ pools: { orders: tenants({ max: 50, create: (tenant) => postgres({ primary: { url: urlOf(tenant) } }) }) } })
 * constructor(@InjectTenants('orders') private readonly orders: TenantPools<SqlPool>) {}
 * await this.orders.use('acme', (pool) => pool.query('SELECT …'));
 * ```
 *
 * Nothing connects before a tenant is asked for; the pools are reported, and closed at shutdown, as one.
 */
export function tenants<Face extends object>(options: TenantsOptions<Face>): Definition<TenantPools<Face>> {
  return definition(options, ({ pools }) => pools);
}

/**
 * Describes a SQL pool for each tenant that is injected as a `SqlPool`: each call goes to the pool of the tenant of the scope, see
 * `runAsTenant`. Code that names tenants itself declares `TenantSqlPool` and uses its `tenants`.
 */
export function sqlTenants<Pool extends SqlPool>(
  options: TenantsOptions<Pool>,
): Definition<TenantSqlPool<Pool>> {
  return definition(options, ({ pools, host }) => new TenantSqlPool(pools, host));
}

function definition<Pool extends object, Face extends object>(
  options: TenantsOptions<Pool>,
  faceOf: (managed: ManagedTenants<Pool>) => Face,
): Definition<Face> {
  return {
    kind: 'tenants',
    open: (name: string, env: Env): Managed & { readonly face: Face } => {
      const managed = new ManagedTenants(name, options, env);
      return Object.assign(managed, { face: faceOf(managed) });
    },
  };
}
