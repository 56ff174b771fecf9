import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ReadReplicaRouter } from '@nest-pooling/routing';
import { startFaultProxy } from '@nest-pooling/services';
import { Readers, realShop, routerOver, until, type RealShop } from './shop.fixture.js';

jest.setTimeout(120_000);

describe('a router over a real primary and two streaming replicas', () => {
  let shop: RealShop;
  let router: ReadReplicaRouter;
  const inRotation = (id: string): boolean => router.nodes().find((node) => node.id === id)!.inRotation;

  beforeAll(async () => {
    // Here the primary may take all of them: what it refuses by default is tested elsewhere.
    shop = await realShop({ routing: { fallback: { share: 1 } } });
    ({ router } = shop);
  });
  afterAll(() => shop?.stop());

  it('reads from both replicas and writes to the primary', async () => {
    const nodes = new Set<string>();
    for (let at = 0; at < 20; at++) {
      nodes.add((await router.query('SELECT 1', [], { label: 'spread' })).node);
    }
    expect([...nodes].toSorted()).toEqual(['shop.replica-1', 'shop.replica-2']);
    expect((await router.query("INSERT INTO item VALUES (0, 'zero')")).node).toBe('shop.primary');
    await shop.cluster.waitForReplication();
    for (const name of ['primary', 'replica-1', 'replica-2']) {
      const [row] = await shop.direct(name, 'SELECT count(*)::int AS n FROM item');
      expect(row).toEqual({ n: 501 });
    }
    expect(router.nodes().map(({ role }) => role)).toEqual(['primary', 'replica', 'replica']);
  });

  it('sessions of replicas refuse writes even when the statement looks like a read', async () => {
    await router.query(
      "CREATE FUNCTION hidden_write() RETURNS int LANGUAGE sql AS 'INSERT INTO item VALUES (-1, ''hidden'') RETURNING id'",
    );
    await shop.cluster.waitForReplication();
    const result = await router.query('SELECT hidden_write()');
    expect(result.node).toBe('shop.primary');
    expect(router.explain('SELECT hidden_write()').lane).toBe('write');
    await router.query('DELETE FROM item WHERE id = -1');
  });

  it('a write that hides in a function is sent once, also when its answer is lost', async () => {
    const { host, port } = shop.cluster.primary;
    await using proxy = await startFaultProxy({ target: { host, port } });
    const url = new URL(shop.cluster.primary.url);
    url.port = String(proxy.port);
    const other = routerOver(shop.cluster, { primary: { url: url.href }, pool: { min: 1, max: 2 } });
    const written = async (): Promise<number> => {
      const [row] = await shop.direct('primary', 'SELECT count(*)::int AS n FROM log');
      return row!.n as number;
    };
    await shop.direct('primary', 'CREATE TABLE log (id serial)');
    await shop.direct(
      'primary',
      "CREATE FUNCTION note() RETURNS int LANGUAGE sql AS 'INSERT INTO log DEFAULT VALUES RETURNING id'",
    );
    await shop.cluster.waitForReplication();
    try {
      await other.start();
      // The first one finds out, the second one knows.
      expect((await other.query('SELECT note()')).node).toBe('shop.primary');
      proxy.latency(200);
      const failing = other.query('SELECT note()');
      failing.catch(() => {});
      await until('it has happened', async () => (await written()) === 2);
      await proxy.reset();
      await expect(failing).rejects.toMatchObject({
        code: 'SQL_CONNECTION_LOST',
        fault: { outcome: 'unknown' },
      });
      proxy.latency(0);
      await proxy.pass();
      await until('the primary serves', () => other.report().serving);
      expect(await written()).toBe(2);
    } finally {
      await other.close();
    }
  });

  for (const [fault, heal] of [
    ['kill', 'restart'],
    ['freeze', 'thaw'],
  ] as const) {
    it(`no read fails when a replica is lost (${fault}); after ${heal} it serves again`, async () => {
      const replica = shop.cluster.node('replica-1');
      const readers = new Readers(router);
      await until('reads on both', () => Object.keys(readers.ok).length >= 2);
      await replica[fault]();
      await until('the replica is out of rotation', () => !inRotation('shop.replica-1'));
      const before = readers.total;
      await until('reads go on', () => readers.total > before + 2_000);
      await replica[heal]();
      await until('the replica is back', () => inRotation('shop.replica-1'));
      const served = readers.ok['shop.replica-1']!;
      await until('it serves', () => readers.ok['shop.replica-1']! > served);
      await readers.stop();
      expect(readers.failed).toEqual([]);
      expect(readers.ok['shop.primary'] ?? 0).toBe(0);
    });
  }

  it('reads on the primary while no replica is left, and no read fails', async () => {
    const readers = new Readers(router);
    await until('reads', () => readers.total > 100);
    await Promise.all(shop.cluster.replicas.map((node) => node.kill()));
    await until('reads on the primary', () => (readers.ok['shop.primary'] ?? 0) > 500);
    await Promise.all(shop.cluster.replicas.map((node) => node.restart()));
    await until('replicas are back', () => inRotation('shop.replica-1') && inRotation('shop.replica-2'));
    await readers.stop();
    expect(readers.failed).toEqual([]);
  });

  it('goes on when the primary is back, without being started again', async () => {
    await shop.cluster.primary.kill();
    await until('it is seen', () => !router.report().serving);
    await expect(router.query("INSERT INTO item VALUES (1000, 'x')")).rejects.toMatchObject({
      category: 'unavailable',
    });
    expect((await router.query('SELECT 1')).node).toMatch(/replica/);
    expect(await router.ping()).toMatchObject({
      'shop.primary': { ok: false },
      'shop.replica-1': { ok: true },
    });
    await shop.cluster.primary.restart();
    await until('it is seen', () => router.report().serving);
    expect((await router.query("INSERT INTO item VALUES (1000, 'x')")).node).toBe('shop.primary');
  });

  it('starts, degraded, while a replica is dead', async () => {
    await shop.cluster.node('replica-2').kill();
    const late = routerOver(shop.cluster);
    try {
      await late.start();
      expect((await late.query('SELECT 1')).node).toBe('shop.replica-1');
      await until('it is seen', () => late.nodes().some(({ inRotation: there }) => !there));
      expect(late.report()).toMatchObject({ serving: true });
    } finally {
      await late.close();
      await shop.cluster.node('replica-2').restart();
    }
  });

  it('leaves no session on any server when it is closed', async () => {
    const other = routerOver(shop.cluster, { session: { applicationName: 'closing' } });
    await other.start();
    await Promise.all(Array.from({ length: 50 }, () => other.query('SELECT 1')));
    await other.close();
    for (const name of ['primary', 'replica-1']) {
      const count = "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'closing'";
      expect(await shop.direct(name, count)).toEqual([{ n: 0 }]);
    }
  });
});
