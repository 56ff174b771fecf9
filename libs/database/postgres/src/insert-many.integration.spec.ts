import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { systemEnv, type Managed } from '@nest-pooling/core';
import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import type { SqlPool } from '@nest-pooling/sql';
import { postgres } from './definition.js';
import { insertMany } from './insert-many.js';
import { direct, LIMIT_MS, until } from './servers.fixture.js';

jest.setTimeout(LIMIT_MS);

let cluster: PostgresCluster;
let pool: Managed & { readonly face: SqlPool };
let sql: SqlPool;

beforeAll(async () => {
  cluster = await startPostgresCluster({ replicas: 1 });
  pool = postgres({ primary: { url: cluster.primary.url }, pool: { min: 1, max: 3 } }).open(
    'shop',
    systemEnv,
  );
  await pool.start();
  sql = pool.face;
  await sql.query(`CREATE SCHEMA "My Shop"; CREATE TYPE mood AS ENUM ('good', 'bad');
    CREATE TABLE item (id int PRIMARY KEY, name text DEFAULT 'unnamed', at timestamptz DEFAULT now());
    CREATE TABLE "My Shop"."Odd ""Table" ("Id" serial PRIMARY KEY, "a.b" int, "select" text)`);
}, LIMIT_MS);

beforeEach(() => sql.query('TRUNCATE item'));

afterAll(async () => {
  await pool?.close();
  await cluster?.stop();
}, LIMIT_MS);

const count = async (): Promise<unknown> =>
  (await sql.query('SELECT count(*)::int AS n FROM item')).rows[0]!.n;
const items = (length: number, from = 0): { id: number; name: string }[] =>
  Array.from({ length }, (_, n) => ({ id: from + n, name: `item ${from + n}` }));

describe('insertMany', () => {
  it.each([0, 1, 4_999, 5_000, 5_001, 12_000])('inserts %s rows, and says how many', async (length) => {
    const { rowCount, node } = await insertMany(sql, 'item', items(length));
    expect({ rowCount, node }).toEqual({ rowCount: length, node: length === 0 ? undefined : 'shop.primary' });
    const { rows } = await sql.query(
      "SELECT count(*)::int AS n, bool_and(name = 'item ' || id AND at IS NOT NULL) AS right FROM item",
    );
    // A column that no row has keeps its default; one that a row does not have is NULL.
    expect(rows).toEqual([{ n: length, right: length === 0 ? null : true }]);
  });

  it('takes every type as the server reads it, and gives it back', async () => {
    await sql.query(`CREATE TABLE kind (i int, big bigint, num numeric, f float8, b bool, t text, d date, ts timestamp, tz timestamptz,
      bytes bytea, ints int[], texts text[], j json, jb jsonb, m mood, u uuid, r int4range, n interval)`);
    const row = {
      i: -7,
      big: 9007199254740993n,
      num: '12345678901234567890.123',
      f: NaN,
      b: false,
      t: 'tab\tnewline\n"quote\\ ü',
      d: '2024-02-29',
      ts: new Date(2024, 1, 2, 3, 4, 5, 6),
      tz: new Date('2024-01-01T00:00:00.123Z'),
      bytes: Buffer.from([0, 1, 255]),
      ints: [1, 2, 3],
      texts: ['a,b', '{"c"}', null],
      j: { a: [1, 'x', null] },
      jb: [1, { b: 2 }],
      m: 'good',
      u: '00000000-0000-0000-0000-000000000001',
      r: '[1,5)',
      n: '1 day',
    };
    await insertMany(sql, 'kind', [row, Object.fromEntries(Object.keys(row).map((name) => [name, null]))]);
    // The same by parameters of a query, as far as they can say it.
    const columns = Object.keys(row);
    const params = Object.values({ ...row, jb: JSON.stringify(row.jb) });
    await sql.query(`INSERT INTO kind VALUES (${columns.map((_, at) => `$${at + 1}`).join(', ')})`, params);
    const { rows } = await sql.query('SELECT kind::text AS all, * FROM kind');
    expect(rows[0]!.all).toBe(rows[2]!.all);
    expect(rows[0]).toMatchObject({
      ts: row.ts,
      tz: row.tz,
      bytes: row.bytes,
      j: row.j,
      jb: row.jb,
      ints: row.ints,
    });
    expect(
      Object.values(rows[1]!)
        .slice(1)
        .every((value) => value === null),
    ).toBe(true);
  });

  it('takes names as they are, and gives back what is asked for', async () => {
    const table = ['My Shop', 'Odd "Table'];
    const rows = [
      [1, 'x'],
      [2, 'y'],
    ];
    await expect(
      insertMany(sql, table, rows, { columns: ['a.b', 'select'], returning: ['Id', 'select'] }),
    ).resolves.toEqual({
      rowCount: 2,
      rows: [
        { Id: 1, select: 'x' },
        { Id: 2, select: 'y' },
      ],
      node: 'shop.primary',
    });
    await expect(
      insertMany(sql, 'My Shop.Odd "Table', [{ 'a.b': 3 }], { returning: '*' }),
    ).resolves.toMatchObject({
      rows: [{ Id: 3, 'a.b': 3, select: null }],
    });
    const { rows: all } = await insertMany<{ id: number }>(sql, 'item', items(12_000), { returning: ['id'] });
    expect(all.every(({ id }, at) => id === at)).toBe(true);
  });

  it('undoes all of it for a row that is refused, or leaves that row out', async () => {
    await insertMany(sql, 'item', items(1, 7_000));
    await expect(insertMany(sql, 'item', items(12_000))).rejects.toMatchObject({
      sqlState: '23505',
      category: 'failed',
    });
    expect(await count()).toBe(1);
    await expect(insertMany(sql, 'item', items(12_000), { onConflict: 'ignore' })).resolves.toMatchObject({
      rowCount: 11_999,
    });
    const twice = [...items(2, 20_000), ...items(2, 20_000)];
    await expect(
      insertMany(sql, 'item', twice, { onConflict: 'ignore', returning: ['id'] }),
    ).resolves.toMatchObject({
      rowCount: 2,
      rows: [{ id: 20_000 }, { id: 20_001 }],
    });
    await expect(insertMany(sql, 'item', [{ id: 'abc' }])).rejects.toMatchObject({ sqlState: '22P02' });
  });

  it('takes rows as they come, and ends their source when something fails', async () => {
    let ended = 0;
    async function* source(length: number): AsyncGenerator<{ id: number }> {
      try {
        for (let id = 0; id < length; id++) yield { id };
      } finally {
        ended++;
      }
    }
    await expect(insertMany(sql, 'item', source(11_000))).resolves.toMatchObject({ rowCount: 11_000 });
    await expect(insertMany(sql, 'item', source(20_000))).rejects.toMatchObject({ sqlState: '23505' });
    expect(ended).toBe(2);
    async function* broken(): AsyncGenerator<{ id: number }> {
      for (let id = 50_000; id < 56_000; id++) yield { id };
      throw new Error('the source is gone');
    }
    await expect(insertMany(sql, 'item', broken())).rejects.toThrow('the source is gone');
    expect(await count()).toBe(11_000);
  });

  it('is a part of the transaction around it, and fails alone', async () => {
    await sql.transaction(async (tx) => {
      await insertMany(sql, 'item', items(3));
      await expect(insertMany(tx, 'item', items(3))).rejects.toMatchObject({ sqlState: '23505' });
      await expect(insertMany(sql, 'item', items(6_000))).rejects.toMatchObject({ sqlState: '23505' });
      await insertMany(tx, 'item', items(6_000, 10));
    });
    expect(await count()).toBe(6_003);
    await sql.use((connection) => insertMany(connection, 'item', items(1, 100_000)));
    expect(await count()).toBe(6_004);
  });

  it('ends by the time of the caller, without an effect', async () => {
    const lock = await pool.face.use(async (connection) =>
      connection.transaction(async (tx) => {
        await tx.query('LOCK TABLE item');
        const waiting = sql.outside(() => insertMany(sql, 'item', items(12_000), { timeoutMs: 200 }));
        await expect(waiting).rejects.toMatchObject({ code: 'SQL_TIMEOUT' });
        return 'held';
      }),
    );
    expect(lock).toBe('held');
    const text =
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'INSERT INTO \"item\"%'";
    await until(async () => (await direct(cluster.primary.url, text))[0]!.n === 0);
    expect(await count()).toBe(0);
  });

  it('goes to the primary of a router', async () => {
    const router = postgres({
      primary: { url: cluster.primary.url },
      replicas: [{ url: cluster.replicas[0]!.url }],
    }).open('r', systemEnv).face;
    await router.start();
    await expect(insertMany(router, 'item', items(2))).resolves.toMatchObject({
      rowCount: 2,
      node: 'r.primary',
    });
    await router.close();
  });

  it('refuses wrong names and options, all at once', async () => {
    const wrong = insertMany(sql, 'a.b.c', [], {
      columns: ['a', 'a'],
      returning: [],
      onConflict: 'update' as never,
      retries: 3,
    } as never);
    await expect(wrong).rejects.toThrow(
      /retries: is unknown.*\n.*table: .*\n.*columns: names a column twice.*\n.*returning: .*\n.*onConflict/,
    );
    await expect(insertMany(sql, 'item', [[1]])).rejects.toThrow(/columns: must be given/);
    await expect(insertMany(sql, 'item', [{ id: 1 }, { id: 2, nmae: 'x' }])).rejects.toMatchObject({
      code: 'SQL_PARAMETERS_INVALID',
    });
    await expect(insertMany(sql, 'nothing', [{ id: 1 }])).rejects.toMatchObject({ sqlState: '42P01' });
    expect(await count()).toBe(0);
  });
});
