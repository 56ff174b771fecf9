import { systemEnv } from '@nest-pooling/core';
import { postgres } from '@nest-pooling/postgres';
import { pgDriver, pgPool, Pool } from '@nest-pooling/postgres/pg-compat';
import type { ReadReplicaRouter } from '@nest-pooling/routing';
import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import type { SqlPool } from '@nest-pooling/sql';
import pg, { type PoolClient } from 'pg';
import { direct, routerOver, until } from '../shop.fixture.js';

/** For starting and stopping servers. */
export const LIMIT_MS = 120_000;

/** The three ways to have a `pg.Pool` of ours. */
export const faceNames = ['a Pool of our own', 'the face of a pool', 'the face of a router'] as const;
export type FaceName = (typeof faceNames)[number];

/** A face, and what libraries that make their pool themselves are given instead of pg. */
export interface Face {
  readonly pool: pg.Pool;
  readonly driver: typeof pg;
  /** How often a client that was bound to a node came back; only over a router. */
  readonly byNode: Record<string, number>;
}

/** A client of a router tells where it is. */
export type Routed = PoolClient & { readonly node: string | undefined; readonly processID: number | null };

type Opened = SqlPool & { start(): Promise<void>; close(): Promise<void> };

/** A primary with two replicas, and pools over it. */
export class Faces {
  readonly #faces = new Map<FaceName, Face>();

  private constructor(
    readonly cluster: PostgresCluster,
    readonly router: ReadReplicaRouter,
    readonly single: Opened,
  ) {}

  static async start(): Promise<Faces> {
    const cluster = await startPostgresCluster({ replicas: 2 });
    const pool = { min: 0, max: 10 };
    const router = routerOver(cluster, { pool });
    const single = postgres({ primary: { url: cluster.primary.url }, pool }).open('single', systemEnv)
      .face as Opened;
    await Promise.all([router.start(), single.start()]);
    return new Faces(cluster, router, single);
  }

  /** Makes a face, or gives the one that is there. */
  face(name: FaceName): Face {
    let face = this.#faces.get(name);
    if (face === undefined || face.pool.ending) this.#faces.set(name, (face = this.#make(name)));
    return face;
  }

  /** Works with a client of the router, returns it, and waits until it is back. */
  async borrowed<R>(work: (client: Routed) => Promise<R>): Promise<R> {
    const client = (await this.face('the face of a router').pool.connect()) as Routed;
    try {
      return await work(client);
    } finally {
      client.release();
      await this.nothingIsOut();
    }
  }

  /** The replicas have everything. */
  caughtUp(): Promise<void> {
    return this.cluster.waitForReplication();
  }

  /** Runs statements on the primary, past everything of ours, until the replicas have it. */
  async prepare(...texts: string[]): Promise<void> {
    await direct(this.cluster.primary.url, texts.join(';'));
    await this.caughtUp();
  }

  /** Nobody has anything of any pool. */
  async nothingIsOut(): Promise<void> {
    await until('every client came back', () => {
      const nodes = [this.router, this.single].flatMap((pool) =>
        Object.values((pool as ReadReplicaRouter).report().nodes),
      );
      const own = this.#faces.get('a Pool of our own')?.pool;
      const clean = own === undefined || (own.idleCount === own.totalCount && own.waitingCount === 0);
      return clean && nodes.every(({ inUse, waiting }) => inUse === 0 && waiting === 0);
    });
  }

  async stop(): Promise<void> {
    const pools = [...this.#faces.values()].map(({ pool }) => pool).filter((pool) => !pool.ending);
    await Promise.all(pools.map((pool) => pool.end()));
    await Promise.all([this.router.close(), this.single.close()]);
    await this.cluster.stop();
  }

  #make(name: FaceName): Face {
    const byNode: Record<string, number> = {};
    if (name === 'a Pool of our own') {
      const pool = new Pool({ connectionString: this.cluster.primary.url, max: 10 });
      const Given = function GivenPool(): pg.Pool {
        return pool;
      };
      return { pool, driver: Object.assign(Object.create(pg) as typeof pg, { Pool: Given }), byNode };
    }
    const sql = name === 'the face of a pool' ? this.single : this.router;
    const pool = pgPool(sql);
    pool.on('release', (_error, client: PoolClient & { node?: string }) => {
      const { node = 'none' } = client;
      byNode[node] = (byNode[node] ?? 0) + 1;
    });
    return { pool, driver: pgDriver(sql), byNode };
  }
}
