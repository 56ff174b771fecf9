import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemEnv } from '@nest-pooling/core';
import { runInCausalScope, type ReadReplicaRouter } from '@nest-pooling/routing';
import { mysql } from './definition.js';
import { LIMIT_MS, Servers, until } from './servers.fixture.js';

let servers: Servers;
let router: ReadReplicaRouter;

beforeAll(async () => {
  servers = await Servers.start();
  router = mysql({
    primary: { url: servers.primary.url },
    replicas: [{ url: servers.replica.url }],
    pool: { max: 20 },
    // With a single replica the primary has to take all of its reads.
    routing: { fallback: { share: 1 } },
  }).open('shop', systemEnv) as ReadReplicaRouter;
  await router.start();
}, LIMIT_MS);

afterAll(async () => {
  await router?.close();
  await servers?.stop();
}, LIMIT_MS);

const COUNT = 'SELECT count(*) AS n FROM notes WHERE body = ?';

describe('a router over a MariaDB primary and its replica', () => {
  it('reads on the replica, writes on the primary, and learns of a write that hides', async () => {
    await until(async () => (await router.query('SELECT 1')).node === 'shop.replica-1');
    const read = await router.query('SELECT n FROM numbers WHERE n = ?', [5]);
    expect(read).toMatchObject({ rows: [{ n: 5 }], node: 'shop.replica-1', lane: 'read' });
    const write = await router.query('INSERT INTO notes (body) VALUES (?)', ['w']);
    expect(write).toMatchObject({ rowCount: 1, node: 'shop.primary', lane: 'write' });
    await router.query('CREATE SEQUENCE ticket');
    await servers.cluster.waitForReplication();
    // The text looks like a read. The replica refuses it.
    const next = 'SELECT NEXT VALUE FOR ticket AS number';
    for (const number of [1, 2]) {
      expect(await router.query(next)).toMatchObject({ rows: [{ number }], node: 'shop.primary' });
    }
  });

  it('a read sees what its caller has written, wherever it runs', async () => {
    const nodes = new Set<string>();
    for (let at = 0; at < 200; at++) {
      await runInCausalScope(async () => {
        await router.query('INSERT INTO notes (body) VALUES (?)', [`own ${at}`]);
        const { rows, node } = await router.query(COUNT, [`own ${at}`], { consistency: 'read-your-writes' });
        nodes.add(node);
        expect(rows).toEqual([{ n: 1 }]);
      });
    }
    // By the position of the write, and not by asking the primary always.
    expect(nodes).toContain('shop.replica-1');
  });

  it(
    'no read fails while the replica is killed and comes back',
    async () => {
      let over = false;
      const nodes = new Map<string, number>();
      const reading = Promise.all(
        Array.from({ length: 10 }, async (_, worker) => {
          for (let at = worker; !over; at++) {
            const n = 1 + (at % 10_000);
            const { rows, node } = await router.query('SELECT n FROM numbers WHERE n = ?', [n]);
            expect(rows).toEqual([{ n }]);
            nodes.set(node, (nodes.get(node) ?? 0) + 1);
          }
        }),
      );
      const seen = (node: string): number => nodes.get(node) ?? 0;
      await until(async () => seen('shop.replica-1') > 50);
      await servers.replica.kill();
      const before = seen('shop.primary');
      await until(async () => seen('shop.primary') > before + 50);
      await servers.replica.start();
      const after = seen('shop.replica-1');
      await until(async () => seen('shop.replica-1') > after + 50);
      over = true;
      await reading;
    },
    LIMIT_MS,
  );
});
