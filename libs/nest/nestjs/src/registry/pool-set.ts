import type { Definition, Env, Plugin } from '@nest-pooling/core';
import {
  CloseTimeoutError,
  PoolCloseError,
  PoolsClosedError,
  PoolStartError,
  type PoolFailure,
} from '../errors/lifecycle-errors.js';
import { OpenPool, type CloseLimits, type ManagedPool } from './open-pool.js';
import { within } from './within.js';

const AT_ONCE: CloseLimits = { drainDeadlineMs: 0, closeTimeoutMs: 5_000 };

/** The pools of one registration: opened together, started together, and closed whatever happens to one of them. */
export class PoolSet {
  readonly #pools = new Map<string, OpenPool>();
  /** Those of {@link PoolSet.add}, whether they are started already or not. */
  readonly #added = new Map<string, OpenPool>();
  readonly #leaving = new Map<string, Promise<void>>();
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

  managed(name: string): ManagedPool | undefined {
    return this.#pools.get(name)?.managed;
  }

  /** Opens a pool, which connects to nothing, and attaches the plugins to it. */
  open(name: string, definition: Definition<object>): void {
    const pool = new OpenPool(name, definition, this.#env);
    this.#pools.set(name, pool);
    pool.attach(this.#plugins);
  }

  /** Tells whether a pool of that name was added at run time; one that is not open yet counts, and one that still closes. */
  wasAdded(name: string): boolean {
    return this.#added.has(name) || this.#leaving.has(name);
  }

  /**
   * Opens a pool at run time and connects. Nobody sees it before it has started, so that one that takes its time, or
   * fails, does not make the whole look ill.
   */
  async add(name: string, definition: Definition<object>): Promise<ManagedPool> {
    if (this.#closing !== undefined) throw new PoolsClosedError(name);
    const pool = new OpenPool(name, definition, this.#env);
    this.#added.set(name, pool);
    try {
      pool.attach(this.#plugins);
      await startOne(pool);
      if (this.#closing !== undefined) throw new PoolsClosedError(name);
    } catch (error) {
      // Where the whole closes, that closes this one too.
      if (this.#closing === undefined) {
        await this.remove(name, AT_ONCE).catch(() => {
          // What kept it from being added is the error to show.
        });
      }
      throw error;
    }
    this.#pools.set(name, pool);
    return pool.managed;
  }

  /**
   * Drains and closes a pool that was added at run time. It cannot be found from now on; its name is free when it has closed.
   * A pool that is not there, or is leaving already, is nothing to do: it waits for its end.
   */
  remove(name: string, limits: CloseLimits): Promise<void> {
    const pool = this.#added.get(name);
    if (pool === undefined || this.#closing !== undefined) {
      return this.#leaving.get(name) ?? this.#closing ?? Promise.resolve();
    }
    this.#added.delete(name);
    this.#pools.delete(name);
    const left = closeAll([pool], limits).then((failures) => {
      this.#leaving.delete(name);
      if (failures.length > 0) throw new PoolCloseError(failures);
    });
    this.#leaving.set(name, left);
    return left;
  }

  /**
   * Connects all pools at once. When one fails, the others are closed again: the application does not start, and
   * a process that tries again must not find its own connections in the way. All are waited for, so that the
   * error names every server that is missing and not only the quickest.
   */
  async start(): Promise<void> {
    const pools = [...this.#pools.values()].filter(({ name }) => !this.#added.has(name));
    const results = await Promise.allSettled(pools.map(async ({ managed }) => managed.start()));
    const failures = failuresOf(pools, results);
    if (failures.length === 0) return;
    await this.close(AT_ONCE).catch(() => {
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
    const left = Promise.allSettled(this.#leaving.values());
    const failures = await closeAll([...new Set([...this.#pools.values(), ...this.#added.values()])], limits);
    // Whoever removed them hears himself how it ended.
    await left;
    const { closeTimeoutMs } = limits;
    const ended = await Promise.allSettled(
      this.#plugins.map((plugin) => {
        const tooLate = () => new CloseTimeoutError(`Plugin '${plugin.name}'`, closeTimeoutMs);
        return within(this.#env, closeTimeoutMs, tooLate, async () => plugin.close?.());
      }),
    );
    failures.push(...failuresOf(this.#plugins, ended));
    if (failures.length > 0) throw new PoolCloseError(failures);
  }
}

async function startOne({ name, managed }: OpenPool): Promise<void> {
  try {
    await managed.start();
  } catch (error) {
    throw new PoolStartError([{ name, error }], true);
  }
}

/** Closes all at once, then takes the plugins off, whatever happens to one of them; returns what failed. */
async function closeAll(pools: readonly OpenPool[], limits: CloseLimits): Promise<PoolFailure[]> {
  const closed = await Promise.allSettled(pools.map(async (pool) => pool.close(limits)));
  return [...failuresOf(pools, closed), ...pools.flatMap((pool) => pool.detach())];
}

function failuresOf(
  what: readonly { readonly name: string }[],
  results: readonly PromiseSettledResult<unknown>[],
): PoolFailure[] {
  return results.flatMap((result, i) =>
    result.status === 'rejected' ? [{ name: what[i]?.name ?? '', error: result.reason as unknown }] : [],
  );
}
