import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { systemEnv, type Managed } from '@nest-pooling/core';
import { postgres, type PostgresOptions } from '@nest-pooling/postgres';
import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import { SqlStatementError, SqlTimeoutError, type SqlPool } from '@nest-pooling/sql';
import { direct, until } from './shop.fixture.js';

jest.setTimeout(120_000);

describe('a pool over one real server', () => {
  let cluster: PostgresCluster;
  let pool: Managed & { readonly face: SqlPool };
  let sql: SqlPool;
  const open = (options: Partial<PostgresOptions> = {}): typeof pool =>
    postgres({ primary: { url: cluster.primary.url }, pool: { min: 1, max: 4 }, ...options }).open(
      'one',
      systemEnv,
    );
  const count = async (where: string): Promise<number> => {
    const [row] = await direct(cluster.primary.url, `SELECT count(*)::int AS n FROM ${where}`);
    return row!.n as number;
  };

  beforeAll(async () => {
    cluster = await startPostgresCluster({ replicas: 0 });
    pool = open();
    sql = pool.face;
    await pool.start();
    await sql.query('CREATE TABLE account (id int PRIMARY KEY, amount int NOT NULL CHECK (amount >= 0))');
    await sql.query('INSERT INTO account VALUES (1, 100), (2, 0)');
  });
  afterAll(async () => {
    await pool?.close();
    await cluster?.stop();
  });

  it('a transaction happens as a whole or not at all', async () => {
    const move = (amount: number): Promise<void> =>
      sql.transaction(async () => {
        await sql.query('UPDATE account SET amount = amount + $1 WHERE id = 2', [amount]);
        await sql.query('UPDATE account SET amount = amount - $1 WHERE id = 1', [amount]);
      });
    await move(60);
    await expect(move(60)).rejects.toBeInstanceOf(SqlStatementError);
    expect((await sql.query('SELECT amount FROM account ORDER BY id')).rows).toEqual([
      { amount: 40 },
      { amount: 60 },
    ]);
  });

  it('a savepoint fails alone', async () => {
    await sql.transaction(async () => {
      await sql.query('UPDATE account SET amount = 1 WHERE id = 1');
      const failing = sql.transaction(() => sql.query('UPDATE account SET amount = -1 WHERE id = 2'));
      await expect(failing).rejects.toMatchObject({ sqlState: '23514' });
    });
    expect((await sql.query('SELECT amount FROM account WHERE id = 1')).rows).toEqual([{ amount: 1 }]);
  });

  it('case 41: a timeout cancels the statement on the server', async () => {
    const slow = "pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'";
    const failing = sql.query('SELECT pg_sleep(60)', [], { timeoutMs: 300 });
    await until('it runs', async () => (await count(slow)) === 1);
    await expect(failing).rejects.toBeInstanceOf(SqlTimeoutError);
    await until('it is cancelled', async () => (await count(slow)) === 0);
    await sql.query('SELECT 1');
  });

  it('case 26: validating an idle session leaves no transaction open', async () => {
    const checked = open({
      pool: { min: 1, max: 1, validateAfterIdleMs: 20 },
      session: { applicationName: 'valid' },
    });
    await checked.start();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await checked.face.query('SELECT 1');
    expect(await count("pg_stat_activity WHERE application_name = 'valid' AND state <> 'idle'")).toBe(0);
    await checked.close();
  });

  it('what a borrower set is gone for the next one, and what the pool set is still there', async () => {
    const one = open({ pool: { min: 1, max: 1 } });
    await one.start();
    await one.face.query("SET statement_timeout = '1234'");
    await one.face.use(async (connection) => {
      await connection.query('CREATE TEMP TABLE mine (a int)');
      await connection.query('SELECT pg_advisory_lock(7)');
    });
    expect((await one.face.query('SHOW statement_timeout')).rows).toEqual([{ statement_timeout: '1min' }]);
    expect((await one.face.query('SHOW TimeZone')).rows).toEqual([{ TimeZone: 'UTC' }]);
    await expect(one.face.query('SELECT * FROM mine')).rejects.toMatchObject({ sqlState: '42P01' });
    expect(await count("pg_locks WHERE locktype = 'advisory'")).toBe(0);
    await one.close();
  });

  it('a stray BEGIN swallows nobody else’s statement', async () => {
    const one = open({ pool: { min: 1, max: 1 } });
    await one.start();
    await one.face.query('BEGIN');
    await one.face.query('INSERT INTO account VALUES (3, 3)');
    expect(await count('account WHERE id = 3')).toBe(1);
    await one.close();
  });

  it('case 21: a session whose rollback fails is lost, not lent again', async () => {
    const one = open({ pool: { min: 1, max: 1 }, session: { applicationName: 'rolled' } });
    await one.start();
    const failing = one.face.transaction(async (tx) => {
      const { rows } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await direct(cluster.primary.url, `SELECT pg_terminate_backend(${rows[0]!.pid})`);
      throw new Error('the reason of the caller');
    });
    await expect(failing).rejects.toThrow('the reason of the caller');
    expect((await one.face.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await one.close();
  });

  it('streams more rows than it holds, and gives the session back when left early', async () => {
    let seen = 0;
    for await (const row of sql.stream<{ n: number }>('SELECT n FROM generate_series(1, 10000) n', [], {
      batchSize: 50,
    })) {
      if (row.n !== ++seen) throw new Error(`row ${row.n} came as number ${seen}`);
      if (seen === 120) break;
    }
    expect(seen).toBe(120);
    expect(pool.report()).toMatchObject({ nodes: { 'one.primary': { inUse: 0 } } });
    expect((await sql.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('5,000 statements at once get each its own answer', async () => {
    const results = await Promise.all(
      Array.from({ length: 5_000 }, (_, n) => sql.query<{ n: number }>('SELECT $1::int AS n', [n])),
    );
    expect(results.every(({ rows }, n) => rows[0]?.n === n)).toBe(true);
  });
});
