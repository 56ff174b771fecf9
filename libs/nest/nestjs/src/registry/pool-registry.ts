import type { Managed, ManagedNodeReport } from '@nest-pooling/core';
import type { PoolDirectory } from './pool-directory.js';
import type { PoolFace, PoolName } from './registry-types.js';

/** How all pools of the application are, in one word. */
export type OverallHealth = 'healthy' | 'degraded' | 'unhealthy';

/** What {@link PoolRegistry.report} gives. */
export interface PoolsReport {
  /**
   * `unhealthy`: some pool cannot do its main work, or the application is shutting down. `degraded`: all pools
   * work, but some node is not healthy. Else `healthy`.
   */
  readonly overall: OverallHealth;
  /** Every node of every pool, by its id. */
  readonly pools: Readonly<Record<string, ManagedNodeReport>>;
}

/** All pools of the application by name, for code that cannot know at compile time which one it needs. */
export class PoolRegistry {
  readonly #directory: PoolDirectory;

  /** Made by `PoolingModule`; inject it. */
  constructor(directory: PoolDirectory) {
    this.#directory = directory;
  }

  /**
   * The pool `name`, as it is injected by `@InjectPool(name)`.
   *
   * @throws UnknownPoolError with the names that exist, when there is no such pool.
   * @throws PoolNotOpenError while the module that defines it has not been instantiated.
   */
  get<const Name extends PoolName>(name: Name): PoolFace<Name> {
    return this.#directory.find(name).face as PoolFace<Name>;
  }

  /** The names of all pools. */
  names(): readonly PoolName[] {
    return this.#directory.names();
  }

  /**
   * The pool `name` from its manager's side: suspend, resume, tune, evict, subscribe.
   *
   * @throws UnknownPoolError with the names that exist, when there is no such pool.
   * @throws PoolNotOpenError while the module that defines it has not been instantiated.
   */
  managed(name: PoolName): Managed {
    return this.#directory.find(name);
  }

  /** The state of all nodes, from counters: it asks no server and borrows nothing. */
  report(): PoolsReport {
    const reports = this.#directory.all().map(([, managed]) => managed.report());
    const nodes = reports.flatMap((report) => Object.entries(report.nodes));
    const serving = !this.#directory.shuttingDown && reports.every((report) => report.serving);
    const overall = !serving ? 'unhealthy' : nodes.every(([, node]) => node.healthy) ? 'healthy' : 'degraded';
    return { overall, pools: Object.fromEntries(nodes) };
  }
}
