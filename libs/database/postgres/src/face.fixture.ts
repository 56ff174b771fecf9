import { systemEnv } from '@nest-pooling/core';
import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import type { SqlPool } from '@nest-pooling/sql';
import { postgres, type PostgresOptions } from './definition.js';

/** A pool as its users have it. */
export type Face = ReturnType<typeof open>;

/** Opens a pool on one server. */
export function open(url: string, options: Omit<PostgresOptions, 'primary'> = {}) {
  return postgres({ ...options, primary: { url } }).open('shop', systemEnv).face as SqlPool & {
    start(): Promise<void>;
    close(): Promise<void>;
    drain(options?: { deadlineMs?: number }): Promise<void>;
    suspend(): void;
    resume(): void;
    evict(reason: string): void;
    tune(options: object): void;
    report(): { readonly nodes: Readonly<Record<string, { inUse: number; waiting: number; total: number }>> };
  };
}

/** The first column of the first row. */
export async function first(pool: SqlPool, text: string, params?: readonly unknown[]): Promise<unknown> {
  const { rows } = await pool.query<unknown[]>(text, params, { rowMode: 'array', multiplex: false });
  return rows[0]?.[0];
}

/** So many of something at a time, numbered. */
export function times<R>(count: number, work: (n: number) => Promise<R>): Promise<PromiseSettledResult<R>[]> {
  return Promise.allSettled(Array.from({ length: count }, (_, n) => work(n)));
}

/** The reasons of those that were rejected. */
export function reasons(settled: readonly PromiseSettledResult<unknown>[]): Error[] {
  return settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []));
}

/** A server with 1,000 items, somebody who watches it, and the pool of the test that runs. */
export class Shop {
  private constructor(
    readonly cluster: PostgresCluster,
    /** A pool of somebody else. */
    readonly watcher: Face,
  ) {}

  /** The pool of the test that runs. */
  pool!: Face;

  static async start(): Promise<Shop> {
    const cluster = await startPostgresCluster({ replicas: 0 });
    const watcher = open(cluster.primary.url, {
      pool: { min: 0, max: 2 },
      session: { applicationName: 'watcher' },
    });
    await watcher.query('CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)');
    await watcher.query('INSERT INTO item SELECT n FROM generate_series(1, 1000) n');
    return new Shop(cluster, watcher);
  }

  /** Opens the pool of a test. */
  async open(options: Omit<PostgresOptions, 'primary'> = {}): Promise<Face> {
    this.pool = open(this.cluster.primary.url, options);
    await this.pool.start();
    return this.pool;
  }

  /** Reads an item and checks that it is the one. */
  readonly byId = async (n: number): Promise<void> => {
    const id = 1 + (n % 1_000);
    const { rows } = await this.pool.query<{ id: number }>('SELECT id FROM item WHERE id = $1', [id]);
    if (rows.length !== 1 || rows[0]?.id !== id) {
      throw new Error(`asked for item ${id}, got ${JSON.stringify(rows)}`);
    }
  };

  async stop(): Promise<void> {
    await this.watcher.close();
    await this.cluster.stop();
  }
}
