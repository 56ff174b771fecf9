import { systemEnv } from '@nest-pooling/core';
import { mysql } from '@nest-pooling/mysql';
import { createPool, mysql2Driver, mysql2Pool } from '@nest-pooling/mysql/mysql2-compat';
import type { ReadReplicaRouter } from '@nest-pooling/routing';
import { startMariadbCluster, type MariadbCluster } from '@nest-pooling/services';
import type { SqlPool } from '@nest-pooling/sql';
import mysql2, { type Pool, type PoolConnection } from 'mysql2';
import { createConnection } from 'mysql2/promise';
import { until } from '../shop.fixture.js';

/** For starting and stopping servers. */
export const LIMIT_MS = 120_000;

/** The three ways to have a pool of mysql2 of ours. */
export const faceNames = ['a pool of its own', 'the face of a pool', 'the face of a router'] as const;
export type FaceName = (typeof faceNames)[number];

/** A face, and what libraries that make their pool themselves are given instead of mysql2. */
export interface Face {
  readonly pool: Pool;
  readonly driver: typeof mysql2;
  /** How often a connection that was bound to a node came back; only over a router. */
  readonly byNode: Record<string, number>;
}

/** A connection of a router tells where it is. */
export type Routed = PoolConnection & { readonly node: string | undefined };

/** What those look at who watch a pool of mysql2. */
export function countsOf(pool: Pool): { all: number; free: number; queue: number } {
  const inner = pool as unknown as Record<
    '_allConnections' | '_freeConnections' | '_connectionQueue',
    { readonly length: number }
  >;
  // oxlint-disable-next-line no-underscore-dangle -- mysql2's own
  const { _allConnections: all, _freeConnections: free, _connectionQueue: queue } = inner;
  return { all: all.length, free: free.length, queue: queue.length };
}

type Opened = SqlPool & { start(): Promise<void>; close(): Promise<void> };

/** Runs one statement on a connection of its own, past everything of ours. */
export async function direct(url: string, text: string): Promise<Record<string, unknown>[]> {
  const connection = await createConnection({ uri: url, multipleStatements: true });
  try {
    return (await connection.query(text))[0] as Record<string, unknown>[];
  } finally {
    await connection.end();
  }
}

/** A primary with two replicas, and pools over it. */
export class Faces {
  readonly #faces = new Map<FaceName, Face>();

  private constructor(
    readonly cluster: MariadbCluster,
    readonly router: ReadReplicaRouter,
    readonly single: Opened,
  ) {}

  static async start(): Promise<Faces> {
    const cluster = await startMariadbCluster({ replicas: 2 });
    const pool = { min: 0, max: 10 };
    const primary = { url: cluster.primary.url };
    const replicas = cluster.replicas.map(({ url }) => ({ url }));
    const router = mysql({ primary, replicas, pool }).open('shop', systemEnv).face;
    const single = mysql({ primary, pool }).open('single', systemEnv).face as Opened;
    await Promise.all([router.start(), single.start()]);
    return new Faces(cluster, router, single);
  }

  /** Makes a face, or gives the one that is there. */
  face(name: FaceName): Face {
    let face = this.#faces.get(name);
    if (face === undefined || isEnded(face.pool)) this.#faces.set(name, (face = this.#make(name)));
    return face;
  }

  /** Works with a connection of the router, returns it, and waits until it is back. */
  async borrowed<R>(work: (connection: Routed) => Promise<R>): Promise<R> {
    const connection = await borrow(this.face('the face of a router').pool);
    try {
      return await work(connection as Routed);
    } finally {
      connection.release();
      await this.nothingIsOut();
    }
  }

  /** The replicas have everything. */
  caughtUp(): Promise<void> {
    return this.cluster.waitForReplication();
  }

  /** Runs statements on the primary, past everything of ours, until the replicas have it. */
  async prepare(...texts: string[]): Promise<void> {
    await direct(this.cluster.primary.rootUrl, texts.join(';'));
    await this.caughtUp();
  }

  /** Nobody has anything of any pool. */
  async nothingIsOut(): Promise<void> {
    await until('every connection came back', () => {
      const nodes = [this.router, this.single].flatMap((pool) =>
        Object.values((pool as ReadReplicaRouter).report().nodes),
      );
      const own = this.#faces.get('a pool of its own')?.pool;
      const { all, free, queue } = own === undefined ? { all: 0, free: 0, queue: 0 } : countsOf(own);
      return all === free && queue === 0 && nodes.every(({ inUse, waiting }) => inUse === 0 && waiting === 0);
    });
  }

  async stop(): Promise<void> {
    const pools = [...this.#faces.values()].map(({ pool }) => pool).filter((pool) => !isEnded(pool));
    await Promise.all(pools.map((pool) => pool.promise().end()));
    await Promise.all([this.router.close(), this.single.close()]);
    await this.cluster.stop();
  }

  #make(name: FaceName): Face {
    const byNode: Record<string, number> = {};
    if (name === 'a pool of its own') {
      const pool = createPool({ uri: this.cluster.primary.url, connectionLimit: 10, timezone: 'Z' });
      const driver = Object.assign(Object.create(mysql2) as typeof mysql2, { createPool: () => pool });
      return { pool, driver, byNode };
    }
    const sql = name === 'the face of a pool' ? this.single : this.router;
    const pool = mysql2Pool(sql);
    pool.on('release', (connection: { node?: string }) => {
      const { node = 'none' } = connection;
      byNode[node] = (byNode[node] ?? 0) + 1;
    });
    return { pool, driver: mysql2Driver(sql), byNode };
  }
}

/** Borrows one. */
export function borrow(pool: Pool): Promise<PoolConnection> {
  return new Promise((resolve, reject) => {
    pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection)));
  });
}

function isEnded(pool: Pool): boolean {
  return (pool as unknown as { ending: boolean }).ending;
}
