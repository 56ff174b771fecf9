import { contextKey, getContext, Problems, runInContext } from '@nest-pooling/core';

const tenantKey = contextKey<string>('tenant');

/**
 * Runs `fn` for a tenant: in its asynchronous flow the pools of tenants know which one is meant (`TenantPools.useCurrent`, and every call on
 * a `TenantSqlPool`). Enter it where the tenant is known first, in a middleware for instance, which covers guards, pipes and streams too:
 *
 * ```ts
 * app.use((request, response, next) => runAsTenant(tenantOf(request), next));
 * ```
 *
 * @throws OptionsError when the tenant is no text, or an empty one.
 */
export function runAsTenant<R>(tenant: string, fn: () => R): R {
  checkTenant(tenant, 'runAsTenant');
  return runInContext(tenantKey, tenant, fn);
}

/** The tenant that {@link runAsTenant} was entered with last in the current asynchronous flow; `undefined` outside of any. */
export function currentTenant(): string | undefined {
  return getContext(tenantKey);
}

/** Refuses what cannot be a tenant. */
export function checkTenant(tenant: string, subject: string): void {
  const problems = new Problems();
  if (typeof tenant !== 'string' || tenant === '') {
    problems.add('tenant', 'must be a text that is not empty', typeof tenant);
  }
  problems.throwIfAny(subject);
}
