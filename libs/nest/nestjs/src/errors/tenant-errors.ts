import type { ErrorCategory } from '@nest-pooling/core';
import { PoolingModuleError } from './pooling-module-error.js';

/** A pool of tenants was used where no tenant is known. */
export class TenantMissingError extends PoolingModuleError {
  static override readonly brand = 'TenantMissingError';
  /** Always `TENANT_MISSING`. */
  readonly code = 'TENANT_MISSING';
  /** The program must be changed. */
  readonly category: ErrorCategory = 'misuse';
  /** The name of the pools of tenants. */
  readonly pool: string;

  constructor(pool: string) {
    super(
      `Pool '${pool}' has a pool for each tenant, and no tenant is set in this asynchronous flow. Enter it with runAsTenant(tenant, …), ` +
        `for instance in a middleware, or name the tenant: tenants.use(tenant, …).`,
    );
    this.pool = pool;
  }
}

/** The function that gives the definition of a tenant's pool did not answer in time. */
export class TenantLookupTimeoutError extends PoolingModuleError {
  static override readonly brand = 'TenantLookupTimeoutError';
  /** Always `TENANT_LOOKUP_TIMEOUT`. */
  readonly code = 'TENANT_LOOKUP_TIMEOUT';
  /** It did not answer in time. */
  readonly category: ErrorCategory = 'timeout';
  /** The name of the pools of tenants. */
  readonly pool: string;
  /** The tenant that was looked up. */
  readonly tenant: string;

  constructor(pool: string, tenant: string, timeoutMs: number) {
    super(
      `Pool '${pool}': create('${tenant}') gave no definition within ${timeoutMs} ms. Find what it waits for, or raise lookupTimeoutMs.`,
    );
    this.pool = pool;
    this.tenant = tenant;
  }
}
