import { Problems, type Definition } from '@nest-pooling/core';

/** Options of `tenants` and `sqlTenants`. */
export interface TenantsOptions<Face extends object> {
  /**
   * Gives the definition of one tenant's pool, for instance `postgres({ primary: { url: urlOf(tenant) } })`; may look it up first. Called when the
   * tenant is asked for and has no open pool; callers at the same time share one call. What it throws goes to the callers, so refuse
   * tenants that do not exist here: no other tenant's pool is closed for one.
   */
  readonly create: (tenant: string) => Definition<Face> | Promise<Definition<Face>>;
  /**
   * Tenants at the most that have an open pool. For one more the least recently used one that nobody uses is closed; if all are in use
   * the new one is refused (`POOL_KEYS_EXHAUSTED`, HTTP 503). Default 100.
   */
  readonly max?: number;
  /** How long a pool that nobody uses is kept, in milliseconds. Default 600,000; `Infinity` for ever. */
  readonly idleTimeoutMs?: number;
  /** How long `create` may take, in milliseconds. Default 5,000. */
  readonly lookupTimeoutMs?: number;
  /** How long a tenant's pool may take to start, in milliseconds. Default 10,000. */
  readonly startTimeoutMs?: number;
  /** How long a use waits for a tenant's pool to be open, in milliseconds. Default 10,000. */
  readonly acquireTimeoutMs?: number;
  /** How long work may go on in a pool that is closed because its place is needed, in milliseconds. Default 10,000. */
  readonly drainDeadlineMs?: number;
}

/** Options of one use of a tenant's pool. */
export interface TenantUseOptions {
  /** How long to wait until the tenant's pool is open, in milliseconds; an open one is not waited for. Default: `acquireTimeoutMs`. */
  readonly timeoutMs?: number;
  /** Ends that wait when it aborts; what `create` does goes on, for the others who wait for it. */
  readonly signal?: AbortSignal;
}

/** The options with every default filled in. */
export type ResolvedTenantsOptions<Face extends object> = Required<TenantsOptions<Face>>;

const DURATIONS = ['lookupTimeoutMs', 'startTimeoutMs', 'acquireTimeoutMs', 'drainDeadlineMs'] as const;

/** Refuses wrong options, all at once, and fills in the rest. */
export function resolveTenantsOptions<Face extends object>(
  name: string,
  options: TenantsOptions<Face>,
): ResolvedTenantsOptions<Face> {
  const problems = new Problems();
  problems.unknown('', options, ['create', 'max', 'idleTimeoutMs', ...DURATIONS]);
  if (typeof options.create !== 'function') {
    problems.add('create', 'must be a function that gives the definition of a tenant', typeof options.create);
  }
  problems.number('max', options.max, { min: 1, integer: true, infinite: true });
  problems.duration('idleTimeoutMs', options.idleTimeoutMs, { min: 1, infinite: true });
  for (const key of DURATIONS)
    problems.duration(key, options[key], { min: key === 'drainDeadlineMs' ? 0 : 1 });
  problems.throwIfAny(`the tenants of the pool '${name}'`);
  return {
    create: options.create,
    max: options.max ?? 100,
    idleTimeoutMs: options.idleTimeoutMs ?? 600_000,
    lookupTimeoutMs: options.lookupTimeoutMs ?? 5_000,
    startTimeoutMs: options.startTimeoutMs ?? 10_000,
    acquireTimeoutMs: options.acquireTimeoutMs ?? 10_000,
    drainDeadlineMs: options.drainDeadlineMs ?? 10_000,
  };
}
