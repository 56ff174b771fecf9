import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { systemEnv, type Managed } from '@nest-pooling/core';
import { startPgBouncer, startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import type { SqlPool } from '@nest-pooling/sql';
import { copyFrom, copyTo } from './copy.js';
import { postgres } from './definition.js';
import { direct, LIMIT_MS, until } from './servers.fixture.js';

jest.setTimeout(LIMIT_MS);

async function all(source: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const ENDLESS = "COPY (SELECT repeat('y', 1000), generate_series(1, 1000000000)) TO STDOUT";

let cluster: PostgresCluster;
let pool: Managed & { readonly face: SqlPool };
let sql: SqlPool;

beforeAll(async () => {
  cluster = await startPostgresCluster({ replicas: 1 });
  pool = postgres({ primary: { url: cluster.primary.url }, pool: { min: 1, max: 2 } }).open(
    'shop',
    systemEnv,
  );
  await pool.start();
  sql = pool.face;
  await sql.query('CREATE TABLE item AS SELECT i AS id FROM generate_series(1, 100) i');
}, LIMIT_MS);

afterAll(async () => {
  await pool?.close();
  await cluster?.stop();
}, LIMIT_MS);

const copies = async (): Promise<unknown> =>
  (await direct(cluster.primary.url, 'SELECT count(*)::int AS n FROM pg_stat_progress_copy'))[0]!.n;
const inUse = (): unknown => pool.report().nodes['shop.primary']!.inUse;

describe('on a router', () => {
  it(
    'copies in on the primary and out on a replica, unless the query writes',
    async () => {
      const router = postgres({
        primary: { url: cluster.primary.url },
        replicas: [{ url: cluster.replicas[0]!.url }],
        pool: { min: 1, max: 2 },
      }).open('routed', systemEnv).face;
      await router.start();
      const who = async (text: string, options = {}): Promise<string> =>
        (await all(copyTo(router, text, options))).trim();
      expect(await who('COPY (SELECT pg_is_in_recovery()) TO STDOUT')).toBe('t');
      expect(await who('COPY (SELECT pg_is_in_recovery()) TO STDOUT', { access: 'write' })).toBe('f');
      expect(await who('COPY (INSERT INTO item VALUES (200) RETURNING pg_is_in_recovery()) TO STDOUT')).toBe(
        'f',
      );
      await expect(copyFrom(router, 'COPY item FROM STDIN', ['201\n'])).resolves.toEqual({
        rowCount: 1,
        node: 'routed.primary',
      });
      await cluster.waitForReplication();
      expect(await who('COPY item TO STDOUT')).toMatch(/\n200\n201$/);
      await router.close();
    },
    LIMIT_MS,
  );
});

describe('behind pgbouncer', () => {
  it(
    'copies both ways, and leaves early',
    async () => {
      await using bouncer = await startPgBouncer({ target: cluster.primary, poolSize: 2 });
      const pooled = postgres({
        primary: { url: bouncer.urlOf(), proxied: true },
        pool: { min: 1, max: 4 },
      }).open('p', systemEnv);
      await pooled.start();
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          copyFrom(pooled.face, 'COPY item FROM STDIN', [`${1_000 + n}\n`]),
        ),
      );
      expect(results.map(({ rowCount }) => rowCount)).toEqual(Array.from({ length: 8 }, () => 1));
      for await (const _ of copyTo(pooled.face, ENDLESS)) break;
      await until(async () => (await copies()) === 0);
      expect((await pooled.face.query('SHOW statement_timeout')).rows).toEqual([{ statement_timeout: '0' }]);
      await pooled.close();
    },
    LIMIT_MS,
  );
});

describe('a server that is lost in the middle', () => {
  it.each(['kill', 'freeze'] as const)(
    '%s: both ways are told, nothing is left, and nothing half done',
    async (how) => {
      let given = false;
      async function* source(): AsyncGenerator<string> {
        yield '5000\n'.repeat(20_000);
        given = true;
        await new Promise(() => {});
      }
      const limits = how === 'freeze' ? { timeoutMs: 1_000 } : {};
      const into = copyFrom(sql, 'COPY item FROM STDIN', source(), limits);
      into.catch(() => {});
      const out = copyTo(sql, ENDLESS, limits);
      await out.next();
      await until(async () => given);
      await cluster.primary[how]();
      const code = how === 'kill' ? 'SQL_CONNECTION_LOST' : 'SQL_TIMEOUT';
      await expect(
        (async () => {
          for await (const _ of out);
        })(),
      ).rejects.toMatchObject({ code });
      await expect(into).rejects.toMatchObject({ code });
      await until(async () => inUse() === 0);
      await (how === 'kill' ? cluster.primary.start() : cluster.primary.thaw());
      await until(async () =>
        sql.query('SELECT 1').then(
          () => true,
          () => false,
        ),
      );
      expect((await sql.query('SELECT count(*)::int AS n FROM item WHERE id = 5000')).rows).toEqual([
        { n: 0 },
      ]);
    },
    LIMIT_MS,
  );
});
