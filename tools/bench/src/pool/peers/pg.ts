import { EventEmitter } from 'node:events';
import type { Client } from 'pg';
import PgPool from 'pg-pool';
import { ACQUIRE_TIMEOUT_MS, MAX, MIN, type Contender, type Todo } from '../contender.js';

/** Connects at once and talks to nobody: what is measured is the pool. */
class InstantClient extends EventEmitter {
  connect(done: (error: Error | null) => void): void {
    queueMicrotask(() => done(null));
  }
  end(done?: () => void): Promise<void> {
    done?.();
    return Promise.resolve();
  }
  ref(): void {}
  unref(): void {}
}

export class Pg implements Contender {
  readonly name = 'pg-pool';
  readonly options =
    `min ${MIN}, max ${MAX}, connectionTimeoutMillis ${ACQUIRE_TIMEOUT_MS}, ` +
    'clients that connect at once; has no counters';
  #pool!: PgPool<Client>;

  async open(): Promise<void> {
    this.#pool = new PgPool<Client>({
      min: MIN,
      max: MAX,
      connectionTimeoutMillis: ACQUIRE_TIMEOUT_MS,
      Client: InstantClient as unknown as new () => Client,
    });
  }

  async alone(n: number): Promise<void> {
    const pool = this.#pool;
    for (let i = 0; i < n; i++) (await pool.connect()).release();
  }

  async work(todo: Todo): Promise<void> {
    const pool = this.#pool;
    while (todo.take()) {
      const client = await pool.connect();
      await Promise.resolve();
      client.release();
    }
  }

  async hold(body: () => Promise<void>): Promise<void> {
    const client = await this.#pool.connect();
    await body();
    client.release();
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
