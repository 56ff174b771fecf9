import { defined, Problems, type Definition, type Managed, type ManagedNodeReport } from '@nest-pooling/core';
import { isDefinition } from '../module/check-options.js';
import { DuplicatePoolError, PoolNotRemovableError, UnknownPoolError } from '../errors/wiring-errors.js';
import type { CloseLimits } from './open-pool.js';
import type { PoolDirectory } from './pool-directory.js';
import type { PoolSet } from './pool-set.js';
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

/** Options of {@link PoolRegistry.remove}. */
export interface RemoveOptions {
  /** How long accepted work may take to finish, in milliseconds. Default: that of the module, 10,000. */
  readonly drainDeadlineMs?: number;
  /** How long closing may take after that, in milliseconds. Default: that of the module, 5,000. */
  readonly closeTimeoutMs?: number;
}

/** All pools of the application by name, for code that cannot know at compile time which one it needs. */
export class PoolRegistry {
  readonly #directory: PoolDirectory;
  readonly #set: PoolSet;
  readonly #limits: CloseLimits;

  /** Made by `PoolingModule`; inject it. */
  constructor(directory: PoolDirectory, set: PoolSet, limits: CloseLimits) {
    this.#directory = directory;
    this.#set = set;
    this.#limits = limits;
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

  /**
   * Adds a pool at run time, opened with the plugins and the environment of the module that this registry comes from, and
   * connects it. From then on it is found by its name, reported, probed and closed like the others; it is not injected,
   * since that is settled when the application boots.
   *
   * @returns The face of the pool: keep it, since its name is none that the compiler knows.
   * @throws OptionsError for what is no definition, and for a name that cannot be one.
   * @throws DuplicatePoolError when there is a pool of that name, also one that is being added or removed.
   * @throws PoolOpenError, PluginError or PoolStartError when it does not come up; nothing of it stays.
   * @throws PoolsClosedError when the application is closing its pools.
   */
  async add<Face extends object>(name: string, definition: Definition<Face>): Promise<Face> {
    const problems = new Problems();
    if (typeof name !== 'string' || name.trim() === '')
      problems.add('name', 'must be a text that is not empty');
    if (!isDefinition(definition)) {
      problems.add('definition', 'must be a definition, such as postgres({ … }) returns', typeof definition);
    }
    problems.throwIfAny('PoolRegistry.add');
    if (this.#directory.isTaken(name)) throw new DuplicatePoolError([name], true);
    return (await this.#set.add(name, definition)).face as Face;
  }

  /**
   * Removes a pool that was added by {@link PoolRegistry.add}: it cannot be found any more at once, lets accepted work finish, and is closed.
   *
   * @throws UnknownPoolError with the names that exist, when there is no such pool.
   * @throws PoolNotRemovableError for a pool of the configuration.
   * @throws PoolCloseError when it did not close in an orderly way; it is gone all the same.
   */
  async remove(name: string, options: RemoveOptions = {}): Promise<void> {
    const problems = new Problems();
    problems.unknown('', options, ['drainDeadlineMs', 'closeTimeoutMs']);
    problems.duration('drainDeadlineMs', options.drainDeadlineMs);
    problems.duration('closeTimeoutMs', options.closeTimeoutMs);
    problems.throwIfAny('PoolRegistry.remove');
    const set = this.#directory.setOfAdded(name);
    if (set === undefined) {
      const known = this.#directory.names();
      throw known.includes(name) ? new PoolNotRemovableError(name) : new UnknownPoolError(name, known);
    }
    await set.remove(name, { ...this.#limits, ...defined(options) });
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
