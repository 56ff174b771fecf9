import type { Env } from '@nest-pooling/core';
import { SingleNodePool, type SingleNodePoolOptions } from '@nest-pooling/sql';
import type { SqliteDriver } from './driver.js';

/** A {@link SqlPool} over a database in memory: one session, and data that lives as long as the pool, whatever becomes of the session. */
export class MemoryPool extends SingleNodePool {
  readonly #driver: SqliteDriver;

  /** Opens nothing; `start` does. */
  constructor(
    options: Omit<SingleNodePoolOptions, 'kind' | 'driver'> & { readonly driver: SqliteDriver },
    env: Env,
  ) {
    super({ ...options, kind: 'sqlite' }, env);
    this.#driver = options.driver;
  }

  override async drain(options?: { deadlineMs?: number }): Promise<void> {
    await super.drain(options);
    this.#driver.forget();
  }

  override async close(): Promise<void> {
    await super.close();
    this.#driver.forget();
  }
}
