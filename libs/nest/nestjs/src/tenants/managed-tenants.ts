import type { Env, Managed, ManagedNodeReport, ManagedReport, ManagedStatus } from '@nest-pooling/core';
import { TenantHost, type TenantPool } from './tenant-host.js';
import { resolveTenantsOptions, type TenantsOptions } from './tenant-options.js';
import { TenantPools } from './tenant-pools.js';

/** The pools of the tenants from their manager's side. Nothing here opens a tenant's pool. */
export class ManagedTenants<Face extends object> implements Managed {
  readonly kind = 'tenants';
  readonly name: string;
  readonly pools: TenantPools<Face>;
  readonly host: TenantHost<Face>;
  readonly #sinks = new Map<object, Map<TenantPool<Face>, () => void>>();
  #status: ManagedStatus = 'starting';

  constructor(name: string, options: TenantsOptions<Face>, env: Env) {
    this.name = name;
    this.host = new TenantHost(name, resolveTenantsOptions(name, options), env, {
      opened: (pool) => this.#opened(pool),
      closing: (pool) => this.#gone(pool),
    });
    this.pools = new TenantPools(name, this.host);
  }

  /** Nothing connects: which tenants come is not known. */
  async start(): Promise<void> {
    if (this.#status === 'starting') this.#status = 'active';
  }

  async drain(options: { deadlineMs?: number } = {}): Promise<void> {
    if (this.#status !== 'closed') this.#status = 'draining';
    await this.host.keyed.drain(options);
    this.#status = 'closed';
  }

  async close(): Promise<void> {
    await this.host.keyed.close();
    this.#status = 'closed';
  }

  suspend(): void {
    if (this.#status !== 'active') return;
    this.#status = 'suspended';
    for (const pool of this.host.open) pool.suspend();
  }

  resume(): void {
    if (this.#status !== 'suspended') return;
    this.#status = 'active';
    for (const pool of this.host.open) pool.resume();
  }

  /** The nodes of the tenants that have an open pool. One whose server is down makes it degraded, since the others are served. */
  report(): ManagedReport {
    const nodes: Record<string, ManagedNodeReport> = {};
    for (const pool of this.host.open) Object.assign(nodes, pool.report().nodes);
    const status = this.#status;
    return {
      name: this.name,
      kind: this.kind,
      status,
      serving: status === 'active' || status === 'suspended',
      nodes,
    };
  }

  /** For the pools that are open now: what comes later is as its definition says. */
  tune(options: object): void {
    for (const pool of this.host.open) pool.tune(options);
  }

  evict(reason: string): void {
    for (const pool of this.host.open) pool.evict(reason);
  }

  subscribe(sink: object): () => void {
    const subscribed = new Map<TenantPool<Face>, () => void>();
    for (const pool of this.host.open) subscribed.set(pool, pool.subscribe(sink));
    this.#sinks.set(sink, subscribed);
    return () => {
      this.#sinks.delete(sink);
      for (const unsubscribe of subscribed.values()) unsubscribe();
      subscribed.clear();
    };
  }

  #opened(pool: TenantPool<Face>): void {
    if (this.#status === 'suspended') pool.suspend();
    for (const [sink, subscribed] of this.#sinks) subscribed.set(pool, pool.subscribe(sink));
  }

  #gone(pool: TenantPool<Face>): void {
    for (const subscribed of this.#sinks.values()) {
      subscribed.get(pool)?.();
      subscribed.delete(pool);
    }
  }
}
