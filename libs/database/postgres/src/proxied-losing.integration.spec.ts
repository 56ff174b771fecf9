import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { systemEnv, type Managed } from '@nest-pooling/core';
import { startPgBouncer, startPostgresCluster, type PgBouncer } from '@nest-pooling/services';
import type { PostgresCluster } from '@nest-pooling/services';
import type { SqlPool } from '@nest-pooling/sql';
import { postgres } from './definition.js';
import { direct, LIMIT_MS, running, until } from './servers.fixture.js';

jest.setTimeout(LIMIT_MS);

let cluster: PostgresCluster;

beforeAll(async () => {
  cluster = await startPostgresCluster({ replicas: 0 });
  await direct(cluster.primary.url, 'CREATE TABLE entry (id int PRIMARY KEY, body text)');
}, LIMIT_MS);

afterAll(() => cluster?.stop(), LIMIT_MS);

describe('pgbouncer and what happens behind and before it', () => {
  const write = 'INSERT INTO entry VALUES ($1)';
  let bouncer: PgBouncer;
  let pool: Managed & { readonly face: SqlPool };
  beforeAll(async () => {
    bouncer = await startPgBouncer({ target: cluster.primary, poolSize: 4 });
    pool = postgres({ primary: { url: bouncer.urlOf(), proxied: true }, pool: { min: 2, max: 6 } }).open(
      'b',
      systemEnv,
    );
    await pool.start();
  }, LIMIT_MS);
  afterAll(async () => {
    await pool?.close();
    await bouncer?.stop();
  }, LIMIT_MS);

  /** Writes all the time, until `during` is over and one more write was acknowledged; what was acknowledged must be there. */
  const writeDuring = async (first: number, during: () => Promise<void>): Promise<unknown[]> => {
    const acknowledged: number[] = [];
    const errors: unknown[] = [];
    let next = first;
    let going = true;
    const workers = Array.from({ length: 4 }, async () => {
      for (let ok = false; going || !ok;) {
        const id = next++;
        ok = await pool.face.query(write, [id]).then(
          () => acknowledged.push(id) > 0,
          (error: unknown) => errors.push(error) < 0,
        );
        if (!ok) await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
    await until(async () => acknowledged.length > 20);
    await during();
    going = false;
    await Promise.all(workers);
    const rows = await direct(cluster.primary.url, `SELECT id FROM entry WHERE id >= ${first}`);
    const there = new Set(rows.map(({ id }) => id as number));
    expect(acknowledged.filter((id) => !there.has(id))).toEqual([]);
    return errors;
  };

  const lost = { code: 'SQL_CONNECTION_LOST', fault: { outcome: 'unknown' } };
  it.each([
    ['kill', 40, {}, lost],
    ['freeze', 41, { timeoutMs: 1_000 }, { code: 'SQL_TIMEOUT' }],
  ] as const)(
    '%s of the pooler in mid-query loses no acknowledged write',
    async (how, seconds, options, expected) => {
      const text = `SELECT pg_sleep(${seconds})`;
      await direct(cluster.primary.url, 'TRUNCATE entry');
      const asleep = pool.face.query(text, [], options);
      asleep.catch(() => {});
      await until(async () => (await running(cluster.primary.url, text)) === 1);
      const errors = await writeDuring(0, async () => {
        await bouncer[how]();
        await expect(asleep).rejects.toMatchObject(expected);
        await (how === 'kill' ? bouncer.start() : bouncer.thaw());
      });
      for (const error of errors) {
        expect(error).toMatchObject({ category: 'unavailable', code: expect.stringMatching(/SQL_|POOL_/) });
      }
      expect(pool.report()).toMatchObject({ nodes: { 'b.primary': { inUse: 0, waiting: 0 } } });
    },
    LIMIT_MS,
  );

  it(
    'a server that dies behind the pooler is told as such, and used again when it is back',
    async () => {
      await direct(cluster.primary.url, 'TRUNCATE entry');
      const text = 'SELECT pg_sleep(42)';
      const asleep = pool.face.query(text);
      asleep.catch(() => {});
      await until(async () => (await running(cluster.primary.url, text)) === 1);
      const errors = await writeDuring(1_000, async () => {
        await cluster.primary.kill();
        await expect(asleep).rejects.toMatchObject({
          code: 'SQL_CONNECTION_LOST',
          fault: { category: 'connection', scope: 'node', outcome: 'unknown' },
        });
        await cluster.primary.start();
      });
      for (const error of errors) expect(error).toMatchObject({ category: 'unavailable' });
    },
    LIMIT_MS,
  );

  it(
    'a statement that never got a server was not sent',
    async () => {
      await using busy = await startPgBouncer({
        target: cluster.primary,
        poolSize: 1,
        settings: { query_wait_timeout: 1 },
      });
      const own = postgres({ primary: { url: busy.urlOf(), proxied: true }, pool: { min: 2, max: 2 } }).open(
        'w',
        systemEnv,
      );
      await own.start();
      await own.face.transaction(async () => {
        await own.face.query('SELECT 1');
        const waiting = own.face.outside(() => own.face.query(write, [2_000]));
        await expect(waiting).rejects.toMatchObject({
          code: 'SQL_STATEMENT_FAILED',
          category: 'unavailable',
          fault: { category: 'overload', outcome: 'not-sent' },
        });
      });
      await own.close();
    },
    LIMIT_MS,
  );
});

it(
  'a router over poolers: reads go on when a replica’s is killed, and return to it',
  async () => {
    await using two = await startPostgresCluster({ replicas: 2 });
    const bouncers = await Promise.all(two.nodes.map((target) => startPgBouncer({ target, poolSize: 5 })));
    const [primary, ...replicas] = bouncers.map((one) => ({ url: one.urlOf(), proxied: true }));
    const options = { primary: primary!, replicas, pool: { min: 1, max: 4 } };
    const router = postgres(options).open('r', systemEnv).face;
    await router.start();
    await router.query('CREATE TABLE item AS SELECT n FROM generate_series(1, 50) n');
    await two.waitForReplication();
    const served = new Map<string, number>();
    let going = true;
    const readers = Array.from({ length: 6 }, async (_, at) => {
      for (let n = at; going; n++) {
        const id = 1 + (n % 50);
        const { rows, node } = await router.query('SELECT n FROM item WHERE n = $1', [id], {
          timeoutMs: 10_000,
        });
        expect(rows).toEqual([{ n: id }]);
        served.set(node, (served.get(node) ?? 0) + 1);
      }
    });
    const servedBy = (node: string): Promise<void> => {
      const before = served.get(node) ?? 0;
      return until(async () => (served.get(node) ?? 0) > before + 50);
    };
    await Promise.race([
      Promise.all([servedBy('r.replica-1'), servedBy('r.replica-2')]),
      Promise.all(readers),
    ]);
    await bouncers[1]!.kill();
    await until(async () => !router.nodes()[1]!.inRotation);
    await servedBy('r.replica-2');
    await bouncers[1]!.start();
    await servedBy('r.replica-1');
    going = false;
    await Promise.all(readers);
    expect(served.get('r.primary') ?? 0).toBe(0);
    await router.close();
    await Promise.all(bouncers.map((one) => one.stop()));
  },
  LIMIT_MS,
);
