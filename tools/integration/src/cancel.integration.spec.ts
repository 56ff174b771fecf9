import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { systemEnv, type Managed } from '@nest-pooling/core';
import { postgres, type PostgresOptions } from '@nest-pooling/postgres';
import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import { SqlTimeoutError, type SqlPool } from '@nest-pooling/sql';
import { direct } from './shop.fixture.js';

jest.setTimeout(120_000);

const TIMEOUTS = 300;
const WRITERS = 6;

/** Counts the sessions that a pool opens. */
function countingSink(): { opened: number; timed: boolean } & Record<string, unknown> {
  const nothing = (): void => {};
  const names = ['acquired', 'released', 'destroyed', 'timedOut', 'leaked', 'misused', 'state'];
  const sink = { opened: 0, timed: false, ...Object.fromEntries(names.map((name) => [name, nothing])) };
  return Object.assign(sink, { created: () => sink.opened++ });
}

describe('cancelling on real servers', () => {
  let cluster: PostgresCluster;
  const open = async (
    options: Partial<PostgresOptions> = {},
  ): Promise<{ pool: Managed; sql: SqlPool; sink: { opened: number } }> => {
    const pool = postgres({
      primary: { url: cluster.primary.url },
      pool: { min: 0, max: 8 },
      multiplex: false,
      ...options,
    }).open('one', systemEnv);
    const sink = countingSink();
    pool.subscribe(sink);
    await pool.start();
    return { pool, sql: pool.face, sink };
  };

  beforeAll(async () => {
    cluster = await startPostgresCluster({ replicas: 0 });
    await direct(cluster.primary.url, 'CREATE TABLE counter (id int PRIMARY KEY, n int NOT NULL)');
    await direct(cluster.primary.url, 'INSERT INTO counter SELECT n, 0 FROM generate_series(1, 6) n');
  });
  afterAll(() => cluster?.stop());

  it(`case 41: ${TIMEOUTS} timeouts under load hit no neighbour, and cost hardly a session`, async () => {
    const { pool, sql, sink } = await open();
    let going = true;
    const failures: unknown[] = [];
    let acknowledged = 0;
    const write = async (id: number): Promise<void> => {
      while (going) {
        try {
          await sql.query('UPDATE counter SET n = n + 1 WHERE id = $1', [id]);
          acknowledged++;
        } catch (error) {
          failures.push(error);
        }
      }
    };
    const writers = Array.from({ length: WRITERS }, (_, at) => write(at + 1));
    let timeouts = 0;
    const sleep = async (): Promise<void> => {
      // As long as the timeout, so that many end while their cancel is on its way.
      for (let ms = 8; timeouts < TIMEOUTS; ms = 8 + ((ms * 7) % 5)) {
        try {
          await sql.query('SELECT pg_sleep($1::float8 / 1000)', [ms - 1], { timeoutMs: 8 });
        } catch (error) {
          if (!(error instanceof SqlTimeoutError) && (error as { code?: string }).code !== 'POOL_TIMEOUT')
            throw error;
          if (error instanceof SqlTimeoutError) timeouts++;
        }
      }
    };
    await Promise.all(Array.from({ length: 4 }, sleep));
    going = false;
    await Promise.all(writers);
    expect(failures).toEqual([]);
    const [row] = await direct(cluster.primary.url, 'SELECT sum(n)::int AS n FROM counter');
    expect(row!.n).toBe(acknowledged);
    expect(acknowledged).toBeGreaterThan(0);
    expect(sink.opened).toBeLessThan(8 + TIMEOUTS / 10);
    await pool.close();
  });

  it('a transaction whose statement ran into a timeout is rolled back, and keeps its session', async () => {
    const { pool, sql, sink } = await open({ pool: { min: 0, max: 1 } });
    await direct(cluster.primary.url, 'UPDATE counter SET n = 0');
    for (let n = 0; n < 10; n++) {
      const failing = sql.transaction(async (tx) => {
        await tx.query('UPDATE counter SET n = n + 1 WHERE id = 1');
        await tx.query('SELECT pg_sleep(60)', [], { timeoutMs: 20 });
      });
      await expect(failing).rejects.toBeInstanceOf(SqlTimeoutError);
    }
    expect((await sql.query('SELECT sum(n)::int AS n FROM counter')).rows).toEqual([{ n: 0 }]);
    expect(sink.opened).toBe(1);
    await pool.close();
  });
});
