import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { systemEnv, type Managed } from '@nest-pooling/core';
import { postgres, type PostgresOptions } from '@nest-pooling/postgres';
import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import {
  SqlStatementError,
  SqlTransactionEndedError,
  SqlTransactionFailedError,
  SqlTransactionTooLongError,
  type SqlPool,
} from '@nest-pooling/sql';
import { direct, until } from './shop.fixture.js';

jest.setTimeout(120_000);

describe('transactions on a real server', () => {
  let cluster: PostgresCluster;
  const opened: Managed[] = [];
  const open = async (options: Partial<PostgresOptions> = {}): Promise<SqlPool> => {
    const pool = postgres({ primary: { url: cluster.primary.url }, ...options }).open('one', systemEnv);
    opened.push(pool);
    await pool.start();
    return pool.face;
  };
  const sum = async (): Promise<unknown> =>
    (await direct(cluster.primary.url, 'SELECT sum(n)::int AS n FROM counter'))[0]!.n;
  const idleInTransaction = async (): Promise<unknown> =>
    (
      await direct(
        cluster.primary.url,
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'",
      )
    )[0]!.n;

  beforeAll(async () => {
    cluster = await startPostgresCluster({ replicas: 0 });
    await direct(
      cluster.primary.url,
      `CREATE TABLE counter (id int PRIMARY KEY, n int NOT NULL);
       CREATE TABLE part (id int PRIMARY KEY, counter int REFERENCES counter DEFERRABLE INITIALLY DEFERRED)`,
    );
  });
  beforeEach(async () => {
    await direct(cluster.primary.url, 'TRUNCATE counter, part; INSERT INTO counter VALUES (1, 0), (2, 0)');
  });
  afterAll(async () => {
    for (const pool of opened) await pool.close();
    await cluster?.stop();
  });

  it('retried after serialization failures, concurrent counters lose nothing', async () => {
    const sql = await open();
    let calls = 0;
    const count = (): Promise<void> =>
      sql.transaction(
        async (tx) => {
          calls++;
          const { rows } = await tx.query<{ n: number }>('SELECT n FROM counter WHERE id = 1');
          await tx.query('UPDATE counter SET n = $1 WHERE id = 1', [rows[0]!.n + 1]);
        },
        { isolation: 'serializable', retry: { attempts: 1_000, initialMs: 2, maxMs: 20 } },
      );
    const worker = async (): Promise<void> => {
      for (let n = 0; n < 15; n++) await count();
    };
    await Promise.all(Array.from({ length: 6 }, worker));
    expect(await sum()).toBe(90);
    expect(calls).toBeGreaterThan(90);
  });

  it('retried after a deadlock, both get through', async () => {
    const sql = await open();
    let met = 0;
    let bothThere = (): void => {};
    const both = new Promise<void>((resolve) => (bothThere = resolve));
    const move = (first: number, second: number): Promise<void> =>
      sql.transaction(
        async (tx) => {
          await tx.query('UPDATE counter SET n = n + 1 WHERE id = $1', [first]);
          if (++met === 2) bothThere();
          await both;
          await tx.query('UPDATE counter SET n = n + 1 WHERE id = $1', [second]);
        },
        { retry: { attempts: 3 } },
      );
    await Promise.all([move(1, 2), move(2, 1)]);
    expect(met).toBe(3);
    expect(await sum()).toBe(4);
  });

  it('a COMMIT that the server refuses is its error, and nothing happened', async () => {
    const sql = await open();
    const failing = sql.transaction(async (tx) => {
      await tx.query('UPDATE counter SET n = 1');
      await tx.query('INSERT INTO part VALUES (1, 99)');
    });
    await expect(failing).rejects.toBeInstanceOf(SqlStatementError);
    await expect(failing).rejects.toMatchObject({ sqlState: '23503' });
    expect(await sum()).toBe(0);
    expect(await idleInTransaction()).toBe(0);
  });

  it('one whose work swallowed an error says that it did not happen, and why', async () => {
    const sql = await open();
    const failing = sql.transaction(async (tx) => {
      await tx.query('UPDATE counter SET n = 1');
      await tx.query('INSERT INTO counter VALUES (1, 1)').catch(() => {});
    });
    await expect(failing).rejects.toBeInstanceOf(SqlTransactionFailedError);
    await expect(failing).rejects.toMatchObject({ cause: { sqlState: '23505' } });
    expect(await sum()).toBe(0);
    await sql.transaction(async (tx) => {
      await tx.query('UPDATE counter SET n = 1');
      // Inside another one it fails alone.
      await tx.transaction((part) => part.query('INSERT INTO counter VALUES (1, 1)')).catch(() => {});
    });
    expect(await sum()).toBe(2);
  });

  it('one that is too old is ended, whether it runs something or does nothing, and its session is kept', async () => {
    const sql = await open({ pool: { min: 1, max: 1 }, maxTransactionMs: 200 });
    const pid = async (): Promise<unknown> =>
      (await sql.query('SELECT pg_backend_pid() AS pid', [], { multiplex: false })).rows[0]!.pid;
    const before = await pid();
    for (const wait of ['SELECT pg_sleep(60)', undefined]) {
      const failing = sql.transaction(async (tx) => {
        await tx.query('UPDATE counter SET n = n + 1');
        await (wait === undefined ? new Promise(() => {}) : tx.query(wait));
      });
      await expect(failing).rejects.toBeInstanceOf(SqlTransactionTooLongError);
      await until('it is rolled back', async () => (await idleInTransaction()) === 0);
      expect(await sum()).toBe(0);
    }
    expect(await pid()).toBe(before);
  });

  it('parts that run at the same time keep apart, and rows that are still read end with it', async () => {
    const sql = await open({ pool: { min: 1, max: 1 } });
    let kept: AsyncIterator<unknown> | undefined;
    await sql.transaction(async (tx) => {
      const part = (id: number, fails: boolean): Promise<void> =>
        tx.transaction(async () => {
          await sql.query('UPDATE counter SET n = n + 1 WHERE id = $1', [id]);
          if (fails) throw new Error('no');
        });
      const parts = Promise.allSettled([part(1, false), part(2, true), part(1, false)]);
      await tx.query('UPDATE counter SET n = n + 10 WHERE id = 2');
      await parts;
      const rows = tx.stream('SELECT n FROM generate_series(1, 1000) n', [], { batchSize: 10 });
      kept = rows[Symbol.asyncIterator]();
      await kept.next();
    });
    await expect(kept!.next()).rejects.toBeInstanceOf(SqlTransactionEndedError);
    expect(await sum()).toBe(12);
    expect(await idleInTransaction()).toBe(0);
  });

  it('a stream whose time is over leaves no transaction behind', async () => {
    const sql = await open({ pool: { min: 1, max: 1 } });
    await sql.use(async (connection) => {
      const read = async (): Promise<void> => {
        const text = 'SELECT n, pg_sleep(0.02) FROM generate_series(1, 1000) n';
        const rows = connection.stream(text, [], { batchSize: 1, timeoutMs: 150 });
        for await (const row of rows) expect(row).toBeDefined();
      };
      await expect(read()).rejects.toMatchObject({ code: 'SQL_TIMEOUT' });
      await connection.query('UPDATE counter SET n = 1');
      expect(await sum()).toBe(2);
    });
    expect(await idleInTransaction()).toBe(0);
  });
});
