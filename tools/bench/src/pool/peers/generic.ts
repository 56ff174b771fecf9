import { createPool, type Pool } from 'generic-pool';
import { ACQUIRE_TIMEOUT_MS, MAX, MIN, type Contender, type Todo } from '../contender.js';

export class Generic implements Contender {
  readonly name = 'generic-pool';
  readonly options = `min ${MIN}, max ${MAX}, acquireTimeoutMillis ${ACQUIRE_TIMEOUT_MS}; has no counters`;
  #pool!: Pool<object>;

  async open(): Promise<void> {
    this.#pool = createPool<object>(
      { create: async () => ({}), destroy: async () => {} },
      { min: MIN, max: MAX, acquireTimeoutMillis: ACQUIRE_TIMEOUT_MS },
    );
    await this.#pool.ready();
  }

  async alone(n: number): Promise<void> {
    const pool = this.#pool;
    // Its release() gives a promise that says nothing to a caller who only takes again.
    for (let i = 0; i < n; i++) void pool.release(await pool.acquire());
  }

  async work(todo: Todo): Promise<void> {
    const pool = this.#pool;
    while (todo.take()) {
      const resource = await pool.acquire();
      await Promise.resolve();
      void pool.release(resource);
    }
  }

  async hold(body: () => Promise<void>): Promise<void> {
    const resource = await this.#pool.acquire();
    await body();
    await this.#pool.release(resource);
  }

  async close(): Promise<void> {
    await this.#pool.drain();
    await this.#pool.clear();
  }
}
