import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { runInCausalScope, type ReadReplicaRouter } from '@nest-pooling/routing';
import { realShop, routerOver, until, type RealShop } from './shop.fixture.js';

jest.setTimeout(120_000);

const KEY = 'a key of this test, long enough';
const OWN = { consistency: 'read-your-writes' } as const;

describe('reads after writes on a real primary and two streaming replicas', () => {
  let shop: RealShop;
  let router: ReadReplicaRouter;
  /** The router of another app instance. */
  let other: ReadReplicaRouter;

  beforeAll(async () => {
    const options = { routing: { tokens: { keys: [KEY] } } };
    shop = await realShop(options);
    ({ router } = shop);
    other = routerOver(shop.cluster, options);
    await other.start();
    await router.query('CREATE TABLE counter (id int PRIMARY KEY, n int NOT NULL)');
    await router.query('INSERT INTO counter SELECT n, 0 FROM generate_series(1, 100) n');
    await shop.cluster.waitForReplication();
    await until('positions are known', () => other.nodes().every(({ lagBytes }) => lagBytes !== null));
  });
  afterAll(async () => {
    await other?.close();
    await shop?.stop();
  });

  const valueOf = async (
    from: ReadReplicaRouter,
    id: number,
    options?: object,
  ): Promise<{ n: number; node: string }> => {
    const { rows, node } = await from.read<{ n: number }>(
      'SELECT n FROM counter WHERE id = $1',
      [id],
      options,
    );
    return { n: rows[0]!.n, node };
  };
  const write = (id: number, n: number): Promise<unknown> =>
    router.query('UPDATE counter SET n = $2 WHERE id = $1', [id, n]);

  it('a token takes what was written to another instance: 2,000 pairs, none stale, nine of ten on replicas', async () => {
    const nodes: Record<string, number> = {};
    let stale = 0;
    let written = 0;
    const worker = async (id: number): Promise<void> => {
      while (written < 2_000) {
        const n = ++written;
        const token = await runInCausalScope(async () => {
          await write(id, n);
          return router.token();
        });
        const read = await other.runWithToken(token, () => valueOf(other, id, OWN));
        if (read.n !== n) stale++;
        nodes[read.node] = (nodes[read.node] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, at) => worker(at + 1)));
    process.stdout.write(`2,000 pairs with a token: ${stale} stale, ${JSON.stringify(nodes)}\n`);
    expect(stale).toBe(0);
    expect(nodes['shop.primary'] ?? 0).toBeLessThanOrEqual(200);
  });

  it('while replay is paused none is stale that must not be, and eventual ones are served by replicas', async () => {
    const replicas = shop.cluster.replicas;
    await write(50, -1);
    await shop.cluster.waitForReplication();
    await Promise.all(replicas.map((node) => node.pauseReplay()));
    try {
      for (let n = 1; n <= 50; n++) {
        await write(50, n);
        expect(await valueOf(router, 50, OWN)).toEqual({ n, node: 'shop.primary' });
        expect((await valueOf(router, 50)).n).toBe(-1);
      }
      const lag = (): number =>
        Math.min(
          ...router
            .nodes()
            .slice(1)
            .map(({ lagMs }) => lagMs ?? 0),
        );
      await until('the bound is exceeded', () => lag() > 500);
      expect(await valueOf(router, 50, { maxLagMs: 500 })).toEqual({ n: 50, node: 'shop.primary' });
      expect(await valueOf(other, 50, { maxLagMs: 500 })).toEqual({ n: 50, node: 'shop.primary' });
      expect((await valueOf(router, 50, { maxLagMs: 3_600_000 })).node).toMatch(/replica/);
      for (const node of router.nodes().slice(1)) expect(node.lagBytes).toBeGreaterThan(0);
      expect(router.explain('SELECT 1', OWN).nodes[1]!.why).toMatch(/has not reached/);
    } finally {
      await Promise.all(replicas.map((node) => node.resumeReplay()));
    }
    await until('replicas are there', () => router.nodes().every(({ lagBytes }) => lagBytes === 0));
    expect((await valueOf(router, 50, OWN)).node).toMatch(/replica/);
    expect(router.nodes().map(({ lagMs }) => lagMs)).toEqual([0, 0, 0]);
  });

  it('with a lag of 2 s none is stale that must not be, and the lag is told', async () => {
    const [late] = shop.cluster.replicas;
    await late!.lag(2_000);
    const name = `shop.${late!.name}`;
    const nodes: Record<string, number> = {};
    const written: { n: number; at: number }[] = [];
    let largest = 0;
    try {
      const end = Date.now() + 4_000;
      for (let n = 1; Date.now() < end; n++) {
        await write(60, n);
        const read = await valueOf(router, 60, OWN);
        expect(read.n).toBe(n);
        nodes[read.node] = (nodes[read.node] ?? 0) + 1;
        written.push({ n, at: performance.now() });
        const before = performance.now() - 1_000;
        const bounded = await valueOf(router, 60, { maxLagMs: 1_000 });
        expect(bounded.n).toBeGreaterThanOrEqual(written.findLast(({ at }) => at < before)?.n ?? 0);
        largest = Math.max(largest, router.nodes().find(({ id }) => id === name)!.lagMs ?? 0);
      }
      process.stdout.write(`one replica 2 s late: ${JSON.stringify(nodes)}, lag told ${largest} ms\n`);
      expect(nodes[name] ?? 0).toBe(0);
      expect(largest).toBeGreaterThan(1_000);
    } finally {
      await late!.lag(0);
    }
  });

  it('replicas that have lost their primary are as fresh as it was, and say so', async () => {
    await shop.cluster.waitForReplication();
    await until('replicas are there', () => router.nodes().every(({ lagBytes }) => lagBytes === 0));
    await shop.cluster.primary.kill();
    try {
      await until('it is seen', () => !router.report().serving);
      expect((await valueOf(router, 1, { maxLagMs: 50 })).node).toMatch(/replica/);
    } finally {
      await shop.cluster.primary.restart();
    }
    await until('the primary serves', () => router.report().serving);
  });
});
