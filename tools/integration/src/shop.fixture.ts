import { systemEnv } from '@nest-pooling/core';
import { postgres, type PostgresRouterOptions } from '@nest-pooling/postgres';
import { ReadReplicaRouter } from '@nest-pooling/routing';
import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import { Client } from 'pg';

/** Rows of the table that reads are checked against. */
export const ROWS = 500;

/** A real cluster with a table of known values, and a router over it. */
export interface RealShop {
  readonly cluster: PostgresCluster;
  readonly router: ReadReplicaRouter;
  /** Runs a statement on one node, past everything of ours. */
  readonly direct: (node: string, text: string) => Promise<Record<string, unknown>[]>;
  readonly stop: () => Promise<void>;
}

export async function realShop(
  options: Partial<PostgresRouterOptions> = {},
  replicas = 2,
): Promise<RealShop> {
  const cluster = await startPostgresCluster({ replicas });
  const router = routerOver(cluster, options);
  await router.start();
  await router.query('CREATE TABLE item (id int PRIMARY KEY, value text NOT NULL)');
  await router.query(`INSERT INTO item SELECT n, 'value ' || n FROM generate_series(1, ${ROWS}) n`);
  await cluster.waitForReplication();
  return {
    cluster,
    router,
    direct: (node, text) => direct(cluster.node(node).url, text),
    stop: async () => {
      await router.close();
      await cluster.stop();
    },
  };
}

/** A router over a cluster that runs already. */
export function routerOver(
  cluster: PostgresCluster,
  options: Partial<PostgresRouterOptions> = {},
): ReadReplicaRouter {
  const definition = postgres({
    primary: { url: cluster.primary.url },
    replicas: cluster.replicas.map(({ url }) => ({ url })),
    ...options,
  });
  return definition.open('shop', systemEnv).face;
}

/** Runs one statement on a connection of its own. */
export async function direct(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** Waits until `condition` holds. The bound is far beyond what any machine needs. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  ms = 60_000,
): Promise<void> {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`it never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Loops that read known rows and check what they get. */
export class Readers {
  /** Good reads by node. */
  readonly ok: Record<string, number> = {};
  readonly failed: Error[] = [];
  private going = true;
  readonly #loops: Promise<void>[];

  constructor(
    private readonly router: ReadReplicaRouter,
    workers = 8,
  ) {
    this.#loops = Array.from({ length: workers }, (_, at) => this.#loop(at));
  }

  get total(): number {
    return Object.values(this.ok).reduce((sum, n) => sum + n, 0);
  }

  async stop(): Promise<void> {
    this.going = false;
    await Promise.all(this.#loops);
  }

  async #loop(seed: number): Promise<void> {
    for (let n = seed; this.going; n++) {
      const id = 1 + (n % ROWS);
      try {
        const { rows, node } = await this.router.query<{ value: string }>(
          'SELECT value FROM item WHERE id = $1',
          [id],
          { timeoutMs: 10_000 },
        );
        if (rows[0]?.value !== `value ${id}`) throw new Error(`row ${id} is ${JSON.stringify(rows)}`);
        this.ok[node] = (this.ok[node] ?? 0) + 1;
      } catch (error) {
        this.failed.push(error as Error);
      }
    }
  }
}
