import { Pool, type Lease } from '@nest-pooling/pool';
import type { Subject } from '../subject.js';
import { MAX, type Contender, type Todo } from './contender.js';

/** Every default as it is, whatever may be turned on by itself included. */
export function openOurs(more: { maxWaiters?: number; acquireTimeoutMs?: number } = {}): Pool<object> {
  return new Pool<object>({
    name: 'bench',
    factory: { create: async () => ({}), destroy: async () => {} },
    ...more,
  });
}

export class Ours implements Contender {
  readonly name = 'ours';
  readonly options = 'nothing but a name and a factory (min 2, max 10, acquireTimeoutMs 10,000, counters)';
  #pool!: Pool<object>;

  async open(): Promise<void> {
    this.#pool = openOurs();
    await this.#pool.start();
  }

  async alone(n: number): Promise<void> {
    const pool = this.#pool;
    for (let i = 0; i < n; i++) (await pool.acquire()).release();
  }

  async work(todo: Todo): Promise<void> {
    const pool = this.#pool;
    while (todo.take()) {
      const lease = await pool.acquire();
      await Promise.resolve();
      lease.release();
    }
  }

  async hold(body: () => Promise<void>): Promise<void> {
    const lease = await this.#pool.acquire();
    await body();
    lease.release();
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/**
 * A place where a lease is seen from outside, or the compiler proves that nobody needs it and makes none. The
 * last one is enough for that; to put each here would cost more than the lease.
 */
const seen: { lease: unknown } = { lease: undefined };

/** What only we have: no promise at all while a resource is idle. */
export function oursTry(): Subject {
  let opened: Pool<object>;
  return {
    name: 'ours: tryAcquire',
    setup: async () => {
      opened = await warm();
    },
    run: async (n) => {
      const pool = opened;
      let lease: Lease<object> | undefined;
      for (let i = 0; i < n; i++) {
        lease = pool.tryAcquire()!;
        lease.release();
      }
      seen.lease = lease;
    },
    teardown: () => opened.close(),
  };
}

/** With work that gives a promise, as work on a connection does. */
export function oursUse(): Subject {
  let opened: Pool<object>;
  const work = (resource: object): Promise<object> => Promise.resolve(resource);
  return {
    name: 'ours: use',
    setup: async () => {
      opened = await warm();
    },
    run: async (n) => {
      const pool = opened;
      for (let i = 0; i < n; i++) await pool.use(work);
    },
    teardown: () => opened.close(),
  };
}

async function warm(): Promise<Pool<object>> {
  const pool = openOurs();
  await pool.warm(MAX);
  return pool;
}
