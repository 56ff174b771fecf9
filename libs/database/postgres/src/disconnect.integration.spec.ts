import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { systemEnv, type Managed } from '@nest-pooling/core';
import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import type { SqlPool } from '@nest-pooling/sql';
import { postgres } from './definition.js';
import { direct, LIMIT_MS, running, until } from './servers.fixture.js';

jest.setTimeout(LIMIT_MS);

type Opened = Managed & { readonly face: SqlPool };

let cluster: PostgresCluster;
let pool: Opened | undefined;

beforeAll(async () => {
  cluster = await startPostgresCluster({
    replicas: 0,
    settings: { log_statement: 'all', log_line_prefix: '%p ' },
  });
  await direct(cluster.primary.url, 'CREATE TABLE entry (id int)');
}, LIMIT_MS);

afterEach(() => pool?.close());

afterAll(() => cluster?.stop(), LIMIT_MS);

async function open(max = 4): Promise<Opened> {
  // Validated because of what happens, and not because of their age.
  const settings = { min: max, max, validateAfterIdleMs: 3_600_000, keepaliveIntervalMs: 3_600_000 };
  pool = postgres({ primary: { url: cluster.primary.url }, pool: settings }).open('shop', systemEnv);
  await pool.start();
  await until(async () => node().total === max);
  return pool;
}

const node = (): { total: number; available: number; errors: number } =>
  pool!.report().nodes['shop.primary']!;

const ours = "application_name = 'nest-pooling shop.primary write'";
const pids = async (): Promise<number[]> =>
  (await direct(cluster.primary.url, `SELECT pid FROM pg_stat_activity WHERE ${ours} ORDER BY pid`)).map(
    ({ pid }) => pid as number,
  );

/** All sessions at once, and which server processes are behind them. */
async function borrowAll(count: number): Promise<number[]> {
  const sql = pool!.face;
  let here = 0;
  let go = (): void => {};
  const all = new Promise<void>((resolve) => (go = resolve));
  const borrowed = Array.from({ length: count }, () =>
    sql.use(async (connection) => {
      const { rows } = await connection.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      if (++here === count) go();
      await all;
      return rows[0]!.pid;
    }),
  );
  return (await Promise.all(borrowed)).toSorted((a, b) => a - b);
}

describe('a disconnect', () => {
  it('of idle sessions crashes nobody; all are replaced, and nobody is given a dead one', async () => {
    const { face } = await open();
    for (let round = 0; round < 5; round++) {
      const before = await pids();
      await direct(
        cluster.primary.url,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${ours}`,
      );
      // At once: some of them are not known to be gone.
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, n) => face.query('SELECT $1::int AS n', [n], { access: 'write' })),
      );
      // What was on the wire when the end came may fail, and says so; what was borrowed later does not.
      for (const result of results) {
        if (result.status === 'rejected' && result.reason.code !== 'SQL_CONNECTION_LOST') throw result.reason;
      }
      await until(async () => node().total === 4);
      const after = await borrowAll(4);
      expect(after.filter((pid) => before.includes(pid))).toEqual([]);
      expect(await face.query('SELECT 1 AS one')).toMatchObject({ rows: [{ one: 1 }] });
    }
  });

  it('of one makes the pool ask the others before it lends them', async () => {
    await open();
    const before = await borrowAll(4);
    const [gone, ...others] = before;
    const logged = (await readFile(cluster.primary.logFile, 'utf8')).length;
    await direct(cluster.primary.url, `SELECT pg_terminate_backend(${gone})`);
    await until(async () => node().errors > 0);
    await until(async () => node().total === 4);
    const after = await borrowAll(4);
    expect(after.filter((pid) => others.includes(pid))).toEqual(others);
    const log = (await readFile(cluster.primary.logFile, 'utf8')).slice(logged);
    // The first thing that each of them was asked since.
    for (const pid of others) {
      const first = new RegExp(`^${pid} LOG:  (?:statement|execute \\S+): \\s*([^]*?)(?=^\\d+ )`, 'm').exec(
        log,
      );
      expect(first?.[1]).toContain('pg_is_in_recovery');
    }
    // Once is enough.
    const again = (await readFile(cluster.primary.logFile, 'utf8')).length;
    await borrowAll(4);
    expect((await readFile(cluster.primary.logFile, 'utf8')).slice(again)).not.toContain(`pg_is_in_recovery`);
  });

  it.each(['restart', 'kill'] as const)(
    'by a %s of the server: what ran is told, what comes afterwards is served',
    async (how) => {
      const { face } = await open();
      const text = `SELECT pg_sleep(60), '${how}'`;
      const asleep = face.query(text, [], { access: 'write' });
      asleep.catch(() => {});
      await until(async () => (await running(cluster.primary.url, text.replaceAll("'", "''"))) === 1);
      if (how === 'kill') await cluster.primary.kill();
      await (how === 'kill' ? cluster.primary.start() : cluster.primary.restart());
      await expect(asleep).rejects.toMatchObject({
        code: 'SQL_CONNECTION_LOST',
        fault: { scope: 'node', outcome: 'unknown' },
      });
      await until(() =>
        face.query('SELECT 1').then(
          () => true,
          () => false,
        ),
      );
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          face.query<{ n: number }>('SELECT $1::int AS n', [n], { access: 'write' }),
        ),
      );
      expect(answers.map(({ rows }) => rows[0]!.n)).toEqual(answers.map((_, n) => n));
      expect((await borrowAll(4)).length).toBe(4);
    },
  );
});
