import type { Definition, Env, Managed, Plugin } from '@nest-pooling/core';
import {
  CloseTimeoutError,
  PluginError,
  PoolCloseError,
  PoolOpenError,
  PoolStartError,
  type PoolFailure,
} from '../errors/lifecycle-errors.js';

interface OpenPool {
  readonly managed: Managed & { readonly face: object };
  readonly detach: (() => void)[];
  /** Which plugin each of `detach` belongs to. */
  readonly plugins: string[];
}

/** How {@link PoolSet.close} may take its time. */
export interface CloseLimits {
  readonly drainDeadlineMs: number;
  readonly closeTimeoutMs: number;
}

/** The pools of one registration: opened together, started together, and closed whatever happens to one of them. */
export class PoolSet {
  readonly #pools = new Map<string, OpenPool>();
  readonly #plugins: readonly Plugin[];
  readonly #env: Env;
  #closing: Promise<void> | undefined;

  constructor(plugins: readonly Plugin[], env: Env) {
    this.#plugins = plugins;
    this.#env = env;
  }

  /** The names of the pools that are open, in the order of their definitions. */
  get names(): readonly string[] {
    return [...this.#pools.keys()];
  }

  managed(name: string): (Managed & { readonly face: object }) | undefined {
    return this.#pools.get(name)?.managed;
  }

  /** Opens a pool, which connects to nothing, and attaches the plugins to it. */
  open(name: string, definition: Definition<object>): void {
    let managed: OpenPool['managed'];
    try {
      managed = definition.open(name, this.#env);
    } catch (error) {
      throw new PoolOpenError(name, error);
    }
    const pool: OpenPool = { managed, detach: [], plugins: [] };
    this.#pools.set(name, pool);
    for (const plugin of this.#plugins) {
      try {
        pool.detach.push(plugin.attach(managed));
        pool.plugins.push(plugin.name);
      } catch (error) {
        throw new PluginError(plugin.name, name, error);
      }
    }
  }

  /**
   * Connects all pools at once. When one fails, the others are closed again: the application does not start, and
   * a process that tries again must not find its own connections in the way. All are waited for, so that the
   * error names every server that is missing and not only the quickest.
   */
  async start(): Promise<void> {
    const pools = [...this.#pools];
    const results = await Promise.allSettled(pools.map(async ([, { managed }]) => managed.start()));
    const failures = failuresOf(
      pools.map(([name]) => name),
      results,
    );
    if (failures.length === 0) return;
    await this.close({ drainDeadlineMs: 0, closeTimeoutMs: 5_000 }).catch(() => {
      // The failure to start is the one that can be acted on.
    });
    throw new PoolStartError(failures);
  }

  /**
   * Drains and closes all pools at once, then detaches the plugins and closes them. Whatever fails or hangs is
   * collected in one `PoolCloseError`; the rest closes all the same. Later calls wait for the first.
   */
  close(limits: CloseLimits): Promise<void> {
    this.#closing ??= this.#close(limits);
    return this.#closing;
  }

  async #close(limits: CloseLimits): Promise<void> {
    const pools = [...this.#pools];
    const closed = await Promise.allSettled(pools.map(([name, pool]) => this.#closePool(name, pool, limits)));
    const failures = failuresOf(
      pools.map(([name]) => name),
      closed,
    );
    for (const [, pool] of pools) failures.push(...detachAll(pool));
    const ended = await Promise.allSettled(
      this.#plugins.map((plugin) =>
        this.#within(limits.closeTimeoutMs, `Plugin '${plugin.name}'`, async () => plugin.close?.()),
      ),
    );
    failures.push(
      ...failuresOf(
        this.#plugins.map(({ name }) => name),
        ended,
      ),
    );
    if (failures.length > 0) throw new PoolCloseError(failures);
  }

  async #closePool(name: string, { managed }: OpenPool, limits: CloseLimits): Promise<void> {
    const { drainDeadlineMs, closeTimeoutMs } = limits;
    const errors: unknown[] = [];
    // A drain that fails or hangs must not keep the pool from being closed.
    await this.#within(drainDeadlineMs + closeTimeoutMs, `Draining pool '${name}'`, async () =>
      managed.drain({ deadlineMs: drainDeadlineMs }),
    ).catch((error: unknown) => errors.push(error));
    await this.#within(closeTimeoutMs, `Pool '${name}'`, async () => managed.close()).catch(
      (error: unknown) => errors.push(error),
    );
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors);
  }

  async #within(timeoutMs: number, what: string, work: () => Promise<void>): Promise<void> {
    let cancel = (): void => {};
    const tooLate = new Promise<never>((_, reject) => {
      const timer = this.#env.scheduler.after(timeoutMs, () =>
        reject(new CloseTimeoutError(what, timeoutMs)),
      );
      cancel = () => timer.cancel();
    });
    try {
      await Promise.race([work(), tooLate]);
    } finally {
      cancel();
    }
  }
}

function failuresOf(
  names: readonly string[],
  results: readonly PromiseSettledResult<unknown>[],
): PoolFailure[] {
  return results.flatMap((result, i) =>
    result.status === 'rejected' ? [{ name: names[i] ?? '', error: result.reason as unknown }] : [],
  );
}

function detachAll({ detach, plugins }: OpenPool): PoolFailure[] {
  return detach.flatMap((fn, i) => {
    try {
      fn();
      return [];
    } catch (error) {
      return [{ name: plugins[i] ?? '', error }];
    }
  });
}
