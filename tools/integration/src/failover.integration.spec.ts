import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ReadReplicaRouter } from '@nest-pooling/routing';
import { Readers, realShop, until, type RealShop } from './shop.fixture.js';
import { Writers } from './writers.fixture.js';

jest.setTimeout(180_000);

describe('a router whose primary is killed', () => {
  let shop: RealShop;
  let router: ReadReplicaRouter;
  const heard: string[] = [];

  beforeAll(async () => {
    shop = await realShop();
    ({ router } = shop);
    router.on('primary', ({ node, from }) => heard.push(`${from} -> ${node}`));
    router.on('alarm', ({ node, why }) => heard.push(`${node}: ${why}`));
    await router.query('CREATE TABLE written (id int PRIMARY KEY)');
    // An acknowledged commit is on a replica, too.
    await shop.direct('primary', "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'");
    await shop.direct('primary', 'SELECT pg_reload_conf()');
    await shop.cluster.waitForReplication();
  }, 180_000);
  afterAll(() => shop?.stop(), 60_000);

  it('writes to the promoted replica, loses no acknowledged write, repeats none, and fails no read', async () => {
    const { cluster } = shop;
    const readers = new Readers(router);
    const writers = new Writers(router);
    await until('writes are acknowledged', () => writers.acknowledged.size > 100);
    await cluster.primary.kill();
    await until('the primary is out', () => !router.nodes()[0]!.inRotation);
    const next = await cluster.mostAdvanced();
    await next.promote();
    await until('the router has seen it', () => heard.length > 0);
    // The dead one is told nothing.
    for (const node of cluster.replicas) if (node.state === 'running') await node.follow(next);
    const before = writers.acknowledged.size;
    await until('writes go on', () => writers.acknowledged.size > before + 100);
    await writers.stop();
    await readers.stop();
    expect(readers.failed).toEqual([]);
    expect(heard).toEqual([`shop.primary -> shop.${next.name}`, 'shop.primary: old-primary']);
    const rows = await shop.direct(next.name, 'SELECT id FROM written');
    const there = new Set(rows.map(({ id }) => id as number));
    expect([...writers.acknowledged].filter((id) => !there.has(id))).toEqual([]);
    expect([...writers.refused].filter((id) => there.has(id))).toEqual([]);
    // What may have happened is told as that, and only that.
    expect(writers.unexpected).toEqual([]);
    expect(router.nodes().find(({ takesWrites }) => takesWrites)).toMatchObject({
      id: `shop.${next.name}`,
      timeline: 2,
    });
  });

  it('sends nothing to the old primary when it returns and takes writes, and uses it again when it follows', async () => {
    const { cluster } = shop;
    const old = cluster.node('primary');
    // As if nobody had told it: it starts as what it was.
    await old.start();
    await until('it answers as a primary', async () => {
      const [row] = await shop.direct('primary', 'SELECT pg_is_in_recovery() AS replica').catch(() => []);
      return row?.replica === false;
    });
    const writers = new Writers(router, 4, 1_000_000);
    const readers = new Readers(router);
    await until(
      'a good deal was written and read',
      () => writers.acknowledged.size > 300 && readers.total > 2_000,
    );
    await writers.stop();
    await readers.stop();
    expect([readers.failed, writers.unexpected, [...writers.refused]]).toEqual([[], [], []]);
    expect(readers.ok['shop.primary']).toBeUndefined();
    const [stray] = await shop.direct(
      'primary',
      'SELECT count(*)::int AS n FROM written WHERE id >= 1000000',
    );
    expect(stray).toEqual({ n: 0 });
    expect(router.nodes()[0]).toMatchObject({
      inRotation: false,
      takesWrites: false,
      role: 'primary',
      timeline: 1,
    });
    await old.rebuild(cluster.primary);
    await until('it is a replica for the router', () => router.nodes()[0]!.inRotation);
    await until('it serves reads', async () => (await router.query('SELECT 1')).node === 'shop.primary');
  });
});
