import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { systemEnv, type Env, type Managed } from '@nest-pooling/core';
import { postgres, type PostgresOptions } from '@nest-pooling/postgres';
import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import type { SqlPool, StatementLogLine } from '@nest-pooling/sql';
import { direct } from './shop.fixture.js';

jest.setTimeout(120_000);

const SECRET = 'hunter2';

describe('what a pool says of its statements on a real server', () => {
  let cluster: PostgresCluster;
  const opened: Managed[] = [];
  const open = async (options: Partial<PostgresOptions>, env: Env = systemEnv): Promise<SqlPool> => {
    const pool = postgres({ primary: { url: cluster.primary.url }, ...options }).open('one', env);
    opened.push(pool);
    await pool.start();
    return pool.face;
  };

  beforeAll(async () => {
    cluster = await startPostgresCluster({ replicas: 0 });
    await direct(cluster.primary.url, 'CREATE TABLE member (id int PRIMARY KEY, name text UNIQUE)');
  });
  afterAll(async () => {
    for (const pool of opened) await pool.close();
    await cluster?.stop();
  });

  it('the preset development logs every statement, without any value, and sizes the pool', async () => {
    const said: string[] = [];
    const env: Env = { ...systemEnv, log: (...line) => void said.push(line.join(' ')) };
    const sql = await open({ pool: { preset: 'development' } }, env);
    await sql.query(`INSERT INTO member VALUES (1, '${SECRET}')`);
    await sql.query('SELECT name FROM member WHERE name = $1', [SECRET]);
    await sql.query('INSERT INTO member VALUES (2, $1)', [SECRET]).catch(() => {});
    await Promise.all([1, 2, 3, 4].map((id) => sql.query('SELECT id FROM member WHERE id = $1', [id])));
    expect(said.map((line) => line.replace(/\d+\.\d ms/, '… ms'))).toEqual([
      'debug one.primary write … ms, 1 row: insert into member values(?, ?)',
      'debug one.primary write … ms, 1 row: select name from member where name = ? [1 parameter]',
      'debug one.primary write … ms, SQL_STATEMENT_FAILED 23505: insert into member values(?, ?) [1 parameter]',
      ...Array.from({ length: 4 }, () =>
        expect.stringMatching(
          /(read|write) … ms, [01] rows?: select id from member where id = \? \[1 parameter\]$/,
        ),
      ),
    ]);
    expect(said.join('\n')).not.toContain(SECRET);
    const max = new Set<unknown>();
    await Promise.all(
      Array.from({ length: 15 }, () =>
        sql.use(async (connection) =>
          max.add((await connection.query('SELECT pg_backend_pid() p')).rows[0]!.p),
        ),
      ),
    );
    expect(max.size).toBeLessThanOrEqual(15);
  });

  it('slow statements only, with their text if that is wanted', async () => {
    const lines: StatementLogLine[] = [];
    const sql = await open({
      log: { level: 'slow', slowMs: 100, show: 'text', sink: (line) => lines.push(line) },
    });
    await sql.query('SELECT 1');
    await sql.query("SELECT pg_sleep(0.15), 'x' AS y");
    expect(lines).toMatchObject([{ statement: "SELECT pg_sleep(0.15), 'x' AS y", slow: true, rows: 1 }]);
    expect(lines[0]!.ms).toBeGreaterThanOrEqual(100);
  });

  it('tags arrive at the server: all of them, and static ones only once a statement is prepared', async () => {
    let calls = 0;
    const sql = await open({
      multiplex: false,
      prepareAfter: 3,
      comment: { static: { application: 'shop' }, dynamic: () => ({ call: ++calls, route: "*/ '; DROP" }) },
    });
    const texts: string[] = [];
    for (let n = 0; n < 6; n++) {
      const { rows } = await sql.query<{ query: string }>(
        'SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid() AND $1',
        [true],
      );
      texts.push(rows[0]!.query.replace(/^.*\$1 /, ''));
    }
    const route = "route='%2A%2F%20%27%3B%20DROP'";
    expect(texts).toEqual([
      ...[1, 2, 3].map((call) => `/*application='shop',call='${call}',${route}*/`),
      ...[4, 5, 6].map(() => "/*application='shop'*/"),
    ]);
  });

  it('more rows than allowed are an error, and are not kept', async () => {
    const sql = await open({ maxRows: 1_000 });
    expect((await sql.query('SELECT n FROM generate_series(1, 1000) n')).rows).toHaveLength(1_000);
    for (const params of [undefined, [300_000]]) {
      const text = `SELECT n FROM generate_series(1, ${params === undefined ? 300_000 : '$1::int'}) n`;
      await expect(sql.query(text, params)).rejects.toMatchObject({
        code: 'SQL_TOO_MANY_ROWS',
        maxRows: 1_000,
        message: expect.stringContaining('(select n from generate_series(?, '),
      });
    }
    let seen = 0;
    for await (const row of sql.stream('SELECT n FROM generate_series(1, 5000) n')) seen += row ? 1 : 0;
    expect(seen).toBe(5_000);
    await sql.transaction(async (tx) => {
      await tx.query('SELECT n FROM generate_series(1, 1001) n').catch(() => {});
      expect((await tx.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    });
  });
});
