import { Pool } from 'tarn';
import { ACQUIRE_TIMEOUT_MS, MAX, MIN, type Contender, type Todo } from '../contender.js';

export class Tarn implements Contender {
  readonly name = 'tarn';
  readonly options = `min ${MIN}, max ${MAX}, acquireTimeoutMillis ${ACQUIRE_TIMEOUT_MS}; has no counters`;
  #pool!: Pool<object>;

  async open(): Promise<void> {
    this.#pool = new Pool<object>({
      create: async () => ({}),
      destroy: async () => {},
      min: MIN,
      max: MAX,
      acquireTimeoutMillis: ACQUIRE_TIMEOUT_MS,
    });
  }

  async alone(n: number): Promise<void> {
    const pool = this.#pool;
    for (let i = 0; i < n; i++) pool.release(await pool.acquire().promise);
  }

  async work(todo: Todo): Promise<void> {
    const pool = this.#pool;
    while (todo.take()) {
      const resource = await pool.acquire().promise;
      await Promise.resolve();
      pool.release(resource);
    }
  }

  async hold(body: () => Promise<void>): Promise<void> {
    const resource = await this.#pool.acquire().promise;
    await body();
    this.#pool.release(resource);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
