import { createPool, type Pool } from 'lightning-pool';
import { ACQUIRE_TIMEOUT_MS, MAX, MIN, type Contender, type Todo } from '../contender.js';

export class Lightning implements Contender {
  readonly name = 'lightning-pool';
  readonly options = `min ${MIN}, max ${MAX}, acquireTimeoutMillis ${ACQUIRE_TIMEOUT_MS}; has no counters`;
  #pool!: Pool<object>;

  async open(): Promise<void> {
    this.#pool = createPool<object>(
      { create: async () => ({}), destroy: async () => {} },
      { min: MIN, max: MAX, acquireTimeoutMillis: ACQUIRE_TIMEOUT_MS },
    );
    this.#pool.start();
  }

  async alone(n: number): Promise<void> {
    const pool = this.#pool;
    for (let i = 0; i < n; i++) pool.release(await pool.acquire());
  }

  async work(todo: Todo): Promise<void> {
    const pool = this.#pool;
    while (todo.take()) {
      const resource = await pool.acquire();
      await Promise.resolve();
      pool.release(resource);
    }
  }

  async hold(body: () => Promise<void>): Promise<void> {
    const resource = await this.#pool.acquire();
    await body();
    this.#pool.release(resource);
  }

  async close(): Promise<void> {
    await this.#pool.closeAsync(true);
  }
}
