import type {
  Definition,
  Env,
  Managed,
  ManagedNodeReport,
  ManagedReport,
  ManagedStatus,
} from '@nest-pooling/core';

/** What an in-memory pool does when the application manages it; everything that is left out does nothing. */
export interface PoolHooks {
  /** Called by `start`; may reject, which stops the boot. */
  readonly start?: () => Promise<void> | void;
  /** Called by `drain` with its deadline. */
  readonly drain?: (deadlineMs: number | undefined) => Promise<void> | void;
  /** Called by the first `close`. */
  readonly close?: () => Promise<void> | void;
  /** Called by `suspend` and `resume`. */
  readonly suspended?: (suspended: boolean) => void;
  /** Called by `tune`. */
  readonly tune?: (options: object) => void;
  /** Called by `evict`. */
  readonly evict?: (reason: string) => void;
  /** Called by `subscribe`; returns what unsubscribes. */
  readonly subscribe?: (sink: object) => () => void;
  /** Replaces parts of the report: `serving`, or the nodes. */
  readonly report?: () => Partial<Pick<ManagedReport, 'serving' | 'nodes'>>;
}

/** The numbers of a node that is well and idle, with those that a test cares about replaced. */
export function nodeReport(numbers: Partial<ManagedNodeReport> = {}): ManagedNodeReport {
  return {
    healthy: true,
    status: 'active',
    total: 0,
    available: 0,
    inUse: 0,
    waiting: 0,
    utilization: 0,
    errors: 0,
    ...numbers,
  };
}

/**
 * A definition of a pool that lives in memory: it lends nothing and connects to nothing, and its face is whatever
 * the test passes.
 *
 * @param face What `@InjectPool` injects, or a function that makes it from the pool's name and environment.
 * @param hooks What happens when the application manages the pool.
 */
export function definePool<Face extends object>(
  face: Face | ((name: string, env: Env) => Face),
  hooks: PoolHooks = {},
): Definition<Face> {
  return {
    kind: 'memory',
    open: (name, env) => new MemoryPool(name, typeof face === 'function' ? face(name, env) : face, hooks),
  };
}

class MemoryPool<Face extends object> implements Managed {
  readonly kind = 'memory';
  readonly name: string;
  readonly face: Face;
  readonly #hooks: PoolHooks;
  #status: ManagedStatus = 'starting';

  constructor(name: string, face: Face, hooks: PoolHooks) {
    this.name = name;
    this.face = face;
    this.#hooks = hooks;
  }

  async start(): Promise<void> {
    await this.#hooks.start?.();
    this.#status = 'active';
  }

  async drain(options: { deadlineMs?: number } = {}): Promise<void> {
    if (this.#status === 'closed') return;
    this.#status = 'draining';
    await this.#hooks.drain?.(options.deadlineMs);
  }

  async close(): Promise<void> {
    if (this.#status === 'closed') return;
    this.#status = 'closed';
    await this.#hooks.close?.();
  }

  suspend(): void {
    this.#status = 'suspended';
    this.#hooks.suspended?.(true);
  }

  resume(): void {
    this.#status = 'active';
    this.#hooks.suspended?.(false);
  }

  report(): ManagedReport {
    const healthy = this.#status === 'active';
    return {
      name: this.name,
      kind: this.kind,
      status: this.#status,
      serving: healthy,
      nodes: { [this.name]: nodeReport({ healthy, status: this.#status }) },
      ...this.#hooks.report?.(),
    };
  }

  tune(options: object): void {
    this.#hooks.tune?.(options);
  }

  evict(reason: string): void {
    this.#hooks.evict?.(reason);
  }

  subscribe(sink: object): () => void {
    return this.#hooks.subscribe?.(sink) ?? (() => {});
  }
}
