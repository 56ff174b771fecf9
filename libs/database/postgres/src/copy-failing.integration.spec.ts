import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { systemEnv, type Managed } from '@nest-pooling/core';
import type { PostgresCluster } from '@nest-pooling/services';
import { startPostgresCluster } from '@nest-pooling/services';
import type { SqlPool } from '@nest-pooling/sql';
import { copyFrom, copyTo } from './copy.js';
import { postgres } from './definition.js';
import { direct, LIMIT_MS, until } from './servers.fixture.js';

jest.setTimeout(LIMIT_MS);

const INTO = 'COPY item (id, name) FROM STDIN';
const OUT = 'COPY (SELECT id, name FROM item ORDER BY id) TO STDOUT';

let cluster: PostgresCluster;
let pool: Managed & { readonly face: SqlPool };
let sql: SqlPool;

beforeAll(async () => {
  cluster = await startPostgresCluster({ replicas: 0 });
  pool = postgres({ primary: { url: cluster.primary.url }, pool: { min: 1, max: 3 } }).open(
    'shop',
    systemEnv,
  );
  await pool.start();
  sql = pool.face;
  await sql.query('CREATE TABLE item (id int PRIMARY KEY, name text)');
}, LIMIT_MS);

beforeEach(() => sql.query('TRUNCATE item'));

afterAll(async () => {
  await pool?.close();
  await cluster?.stop();
}, LIMIT_MS);

const count = async (): Promise<unknown> =>
  (await sql.query('SELECT count(*)::int AS n FROM item')).rows[0]!.n;
const backends = async (): Promise<unknown> =>
  (
    await direct(
      cluster.primary.url,
      "SELECT array_agg(pid ORDER BY pid) AS pids FROM pg_stat_activity WHERE application_name LIKE '%write'",
    )
  )[0]!.pids;

function* rows(from: number, to: number): Generator<string> {
  for (let id = from; id <= to; id++) yield `${id}\tname of ${id}\n`;
}

describe('copyFrom that does not go well', () => {
  it('takes nothing of a source that fails, and the session is as good as before', async () => {
    const before = await backends();
    const broken = new Error('the disk is gone');
    async function* source(): AsyncGenerator<string> {
      yield* rows(1, 5_000);
      throw broken;
    }
    const failing = copyFrom(sql, INTO, source());
    await expect(failing).rejects.toMatchObject({ code: 'SQL_COPY_SOURCE_FAILED', cause: broken });
    await expect(failing).rejects.toThrow(
      'shop.primary: the source of the data failed (the disk is gone); nothing of it was copied.',
    );
    await expect(copyFrom(sql, INTO, [7] as never)).rejects.toMatchObject({ code: 'SQL_COPY_SOURCE_FAILED' });
    expect(await count()).toBe(0);
    expect(await backends()).toEqual(before);
  });

  it('gives the word of the server on a row that it refuses, and ends the source', async () => {
    const before = await backends();
    let ended = false;
    async function* source(): AsyncGenerator<string> {
      try {
        yield* rows(1, 200_000);
        yield 'not a number\tx\n';
        for (;;) yield* rows(300_000, 300_100);
      } finally {
        ended = true;
      }
    }
    await expect(copyFrom(sql, INTO, source())).rejects.toMatchObject({
      code: 'SQL_STATEMENT_FAILED',
      sqlState: '22P02',
    });
    await until(async () => ended);
    await expect(copyFrom(sql, INTO, ['1\ta\n', '1\tb\n'])).rejects.toMatchObject({ sqlState: '23505' });
    const stream = Readable.from(rows(1, 10));
    await expect(copyFrom(sql, 'COPY nothing FROM STDIN', stream)).rejects.toMatchObject({
      sqlState: '42P01',
    });
    expect(stream.destroyed).toBe(true);
    expect(await count()).toBe(0);
    expect(await backends()).toEqual(before);
  });

  it('refuses what is no COPY FROM STDIN, and wrong options', async () => {
    const misused = { code: 'SQL_COPY_MISUSED', category: 'misuse' };
    await expect(copyFrom(sql, 'SELECT 1', [])).rejects.toMatchObject(misused);
    await expect(copyFrom(sql, OUT, [])).rejects.toMatchObject(misused);
    await expect(copyTo(sql, INTO).next()).rejects.toMatchObject(misused);
    await expect(copyFrom(sql, INTO, [], { timeout: 3 } as never)).rejects.toThrow(
      /timeout: is unknown; did you mean timeoutMs/,
    );
  });
});

describe('a COPY that is given as a query', () => {
  it('is refused before anything is sent, and nothing hangs or breaks', async () => {
    const before = await backends();
    await expect(sql.query(INTO)).rejects.toMatchObject({
      cause: { code: 'SQL_COPY_MISUSED' },
      fault: { outcome: 'not-sent' },
    });
    await expect(sql.query(OUT)).rejects.toThrow(/copyTo\(pool, text\)/);
    await expect(sql.query(`/* x */ ${INTO}`, [], { name: 'c' })).rejects.toThrow(/copyFrom/);
    await sql.transaction(async (tx) => {
      await expect(tx.query(INTO)).rejects.toThrow(/copyFrom/);
      await tx.query('INSERT INTO item VALUES (1)');
    });
    expect(await count()).toBe(1);
    expect(await backends()).toEqual(before);
  });

  it('is answered among other statements, too', async () => {
    const before = await backends();
    await expect(sql.query(`SELECT 1; ${INTO}`)).rejects.toThrow(/copyFrom\(pool, text, source\)/);
    await expect(sql.query(`SELECT 1; ${OUT}`)).resolves.toMatchObject({ rowCount: 0 });
    await sql.query('INSERT INTO item VALUES (1)');
    await expect(sql.query(`SELECT 1; ${OUT}`)).rejects.toThrow(/copyTo\(pool, text\)/);
    expect(await backends()).toEqual(before);
  });
});
