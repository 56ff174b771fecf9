import { OptionsError, runOutsideContext, type Definition, type Env, type Managed } from '@nest-pooling/core';
import { KeyedPools, type KeyedPoolOptions, type Lease } from '@nest-pooling/pool';
import { TenantLookupTimeoutError } from '../errors/tenant-errors.js';
import { isDefinition } from '../module/check-options.js';
import { within } from '../registry/within.js';
import type { ResolvedTenantsOptions, TenantUseOptions } from './tenant-options.js';

/** One tenant's pool from its manager's side. */
export type TenantPool<Face extends object> = Managed & { readonly face: Face };

/** Told of each pool that is opened and closed. */
export interface TenantWatch<Face extends object> {
  opened(pool: TenantPool<Face>): void;
  closing(pool: TenantPool<Face>): void;
}

/** The options with the time that is left after `ms` have passed. */
export function timeLeft<O extends { readonly timeoutMs?: number }>(
  options: O | undefined,
  ms: number,
): O | undefined {
  if (options?.timeoutMs === undefined || ms === 0) return options;
  return { ...options, timeoutMs: Math.max(0, options.timeoutMs - ms) };
}

/**
 * The pools of the tenants as what they are to the engine: each a pool of one resource, the tenant's own pool, that any number of callers
 * may use at a time. So who is used, what must go for another, and waiting for one that opens are the engine's, not told again here.
 */
export class TenantHost<Face extends object> {
  readonly keyed: KeyedPools<string, TenantPool<Face>>;
  /** The pools that have started and are not closing. */
  readonly open = new Set<TenantPool<Face>>();
  readonly #name: string;
  readonly #options: ResolvedTenantsOptions<Face>;
  readonly #env: Env;
  readonly #watch: TenantWatch<Face>;
  readonly #lookups = new Map<string, Promise<Definition<Face>>>();
  /** What `open` of the keyed pools is about to be called for. */
  #next: Definition<Face> | undefined;

  constructor(name: string, options: ResolvedTenantsOptions<Face>, env: Env, watch: TenantWatch<Face>) {
    this.#name = name;
    this.#options = options;
    this.#env = env;
    this.#watch = watch;
    const { max: maxPools, idleTimeoutMs } = options;
    const open = (tenant: string) => this.#settings(tenant, this.#next!);
    this.keyed = new KeyedPools({ name, open, maxPools, idleTimeoutMs }, withoutBudget(env));
  }

  /** Lends a tenant's pool, opened if need be: as long as the lease is out, it is not closed for another. */
  async acquire(tenant: string, options: TenantUseOptions | undefined): Promise<Lease<TenantPool<Face>>> {
    if (this.keyed.has(tenant)) return this.keyed.acquire(tenant, options);
    const began = this.now();
    // Only once the tenant is known to exist: a made-up one must not cost another its pool.
    this.#next = await this.#awaitLookUp(tenant, options?.timeoutMs);
    return this.keyed.acquire(tenant, timeLeft(options, this.now() - began));
  }

  #awaitLookUp(tenant: string, timeoutMs: number | undefined): Promise<Definition<Face>> {
    if (timeoutMs === undefined || timeoutMs >= this.#options.lookupTimeoutMs) return this.#lookUp(tenant);
    const tooLate = () => new TenantLookupTimeoutError(this.#name, tenant, timeoutMs);
    return within(this.#env, timeoutMs, tooLate, () => this.#lookUp(tenant));
  }

  /** Monotonic milliseconds, for what is left of a caller's time. */
  now(): number {
    return this.#env.scheduler.now();
  }

  #lookUp(tenant: string): Promise<Definition<Face>> {
    let running = this.#lookups.get(tenant);
    if (running === undefined) {
      const { create, lookupTimeoutMs } = this.#options;
      const tooLate = () => new TenantLookupTimeoutError(this.#name, tenant, lookupTimeoutMs);
      running = within(this.#env, lookupTimeoutMs, tooLate, async () =>
        // For all who wait for it: the deadline of the first is not theirs.
        this.#checked(tenant, await runOutsideContext(() => create(tenant))),
      ).finally(() => this.#lookups.delete(tenant));
      this.#lookups.set(tenant, running);
    }
    return running;
  }

  #checked(tenant: string, definition: Definition<Face>): Definition<Face> {
    if (isDefinition(definition)) return definition;
    throw new OptionsError(`the tenants of the pool '${this.#name}'`, [
      `create('${tenant}'): must give a definition, such as postgres({ … }) returns (got ${typeof definition})`,
    ]);
  }

  #settings(tenant: string, definition: Definition<Face>): KeyedPoolOptions<TenantPool<Face>> {
    const { startTimeoutMs, acquireTimeoutMs, drainDeadlineMs } = this.#options;
    const name = `${this.#name}.${tenant}`;
    // A pool that failed to start has had its life: each attempt opens one of its own. Opened here once, so that wrong
    // options are told at once and not as a server that does not answer.
    let first: TenantPool<Face> | undefined = definition.open(name, this.#env);
    return {
      name,
      min: 0,
      max: 1,
      leasesPerResource: 1_000_000,
      maxWaiters: Infinity,
      acquireTimeoutMs,
      createTimeoutMs: startTimeoutMs,
      // Who waits for a server that is down hears it at the first attempt, with the cause.
      failFastAfterMs: 0,
      idleTimeoutMs: Infinity,
      maxLifetimeMs: Infinity,
      validateAfterIdleMs: Infinity,
      keepaliveIntervalMs: Infinity,
      destroyTimeoutMs: drainDeadlineMs + 10_000,
      // What is lent is a pool: who keeps its sessions is its own business.
      leak: { warnAfterMs: Infinity },
      factory: {
        create: async (signal) => {
          const pool = first ?? definition.open(name, this.#env);
          first = undefined;
          await start(pool, signal);
          this.open.add(pool);
          this.#watch.opened(pool);
          return pool;
        },
        destroy: async (pool) => {
          this.open.delete(pool);
          this.#watch.closing(pool);
          try {
            await pool.drain({ deadlineMs: drainDeadlineMs });
          } finally {
            await pool.close();
          }
        },
      },
    };
  }
}

/** Starts a pool; one that fails, or is given up meanwhile, is closed. */
async function start(pool: Managed, signal: AbortSignal): Promise<void> {
  const giveUp = (): void => void pool.close().catch(() => {});
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await runOutsideContext(() => pool.start());
  } catch (error) {
    await pool.close().catch(() => {
      // Why it did not start is the error to show.
    });
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** The budget counts connections; a place for a tenant's pool is none. */
function withoutBudget(env: Env): Env {
  return {
    scheduler: env.scheduler,
    random: () => env.random(),
    onCollected: (target, fn) => env.onCollected(target, fn),
  };
}
