import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { systemEnv, type Managed } from '@nest-pooling/core';
import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import type { SqlPool } from '@nest-pooling/sql';
import pg from 'pg';
import { postgres, type PostgresOptions } from './definition.js';
import { direct, LIMIT_MS, until } from './servers.fixture.js';
import type { PostgresSession } from './session.js';

jest.setTimeout(LIMIT_MS);

let cluster: PostgresCluster;
const opened: Managed[] = [];

beforeAll(async () => {
  cluster = await startPostgresCluster({ replicas: 1 });
  await direct(
    cluster.primary.url,
    'CREATE TABLE item (id int PRIMARY KEY, big bigint); INSERT INTO item VALUES (1, 9007199254740993)',
  );
  await cluster.waitForReplication();
}, LIMIT_MS);

afterEach(async () => {
  await Promise.all(opened.splice(0).map((pool) => pool.close()));
});

afterAll(() => cluster?.stop(), LIMIT_MS);

async function open(
  session: PostgresOptions['session'],
  more: Partial<PostgresOptions> = {},
): Promise<SqlPool> {
  const pool = postgres({
    primary: { url: cluster.primary.url },
    pool: { min: 1, max: 2 },
    session: session!,
    ...more,
  }).open('shop', systemEnv);
  opened.push(pool);
  await pool.start();
  return pool.face;
}

/** Runs a statement in every way that there is; several at a time share a session. */
async function inEveryWay(sql: SqlPool, text: string): Promise<unknown[]> {
  const shared = await Promise.all(Array.from({ length: 20 }, () => sql.query(text)));
  const rows = [
    ...shared,
    await sql.query(text, [], { name: 'named' }),
    await sql.query(text, [], { name: 'named' }),
  ].flatMap((one) => one.rows);
  await sql.use(async (connection) => rows.push(...(await connection.query(text)).rows));
  await sql.transaction(async (tx) => rows.push(...(await tx.query(text)).rows));
  for await (const row of sql.stream(text)) rows.push(row);
  const arrays = (await sql.query<unknown[]>(text, [], { rowMode: 'array' })).rows;
  return [...rows.map((row) => Object.values(row)), ...arrays];
}

const pidOf = async (sql: SqlPool): Promise<unknown> =>
  (await sql.query('SELECT pg_backend_pid() AS pid', [], { access: 'write' })).rows[0]!.pid;

describe('a session', () => {
  it('has 60 s for a statement, 10 s for a lock, UTC and a name, whichever way it is used', async () => {
    const text = `SELECT current_setting('statement_timeout'), current_setting('lock_timeout') AS lock, current_setting('TimeZone') AS zone, current_setting('application_name') AS name`;
    const all = await inEveryWay(await open({}), text);
    expect(all).toEqual(all.map(() => ['1min', '10s', 'UTC', 'nest-pooling shop.primary write']));
    const own = await open({
      statementTimeoutMs: 1_500,
      lockTimeoutMs: Infinity,
      timeZone: 'Europe/Rome',
      applicationName: 'own',
    });
    const set = await inEveryWay(own, text);
    expect(set).toEqual(set.map(() => ['1500ms', '0', 'Europe/Rome', 'own']));
    const named = await open({}, { primary: { url: `${cluster.primary.url}?application_name=by-url` } });
    expect((await named.query('SHOW application_name')).rows).toEqual([{ application_name: 'by-url' }]);
  });

  it('is told by the server that a statement or a lock took too long, and goes on', async () => {
    const sql = await open({ statementTimeoutMs: 200 }, { pool: { min: 1, max: 1 } });
    const pid = await pidOf(sql);
    await expect(sql.query('SELECT pg_sleep(30)', [], { access: 'write' })).rejects.toMatchObject({
      sqlState: '57014',
      category: 'timeout',
      kind: 'statement-timeout',
    });
    expect(await pidOf(sql)).toBe(pid);
    const impatient = await open({ lockTimeoutMs: 100 });
    await impatient.transaction(async (tx) => {
      await tx.query('LOCK TABLE item');
      const waiting = impatient.outside(() => impatient.query('UPDATE item SET id = 1'));
      await expect(waiting).rejects.toMatchObject({ sqlState: '55P03', category: 'timeout' });
    });
  });

  it('that sits in a transaction is ended by the server where that is wanted; the pool has another', async () => {
    const sql = await open({ idleInTransactionTimeoutMs: 100 }, { pool: { min: 1, max: 1 } });
    const sitting = sql.transaction(async (tx) => {
      const { rows } = await tx.query('SELECT pg_backend_pid() AS pid');
      await until(
        async () =>
          (
            await direct(
              cluster.primary.url,
              `SELECT 1 FROM pg_stat_activity WHERE pid = ${String(rows[0]!.pid)}`,
            )
          ).length === 0,
      );
      await tx.query('SELECT 1');
    });
    await expect(sitting).rejects.toMatchObject({ code: 'SQL_CONNECTION_LOST' });
    await sql.query('SELECT 1', [], { access: 'write' });
  });

  it('case 32: is set up once, and what was set survives everybody who has it', async () => {
    const onConnect = jest.fn(async (session: PostgresSession) => {
      await session.execute({ text: "SET work_mem = '7MB'" });
    });
    const sql = await open({ onConnect, settings: { 'app.tenant': 'blue' } }, { pool: { min: 1, max: 1 } });
    const text = "SELECT current_setting('work_mem') AS mem, current_setting('app.tenant') AS tenant";
    const pid = await pidOf(sql);
    const all = await inEveryWay(sql, text);
    expect(all).toEqual(all.map(() => ['7MB', 'blue']));
    for (let round = 0; round < 3; round++) {
      await sql.query("SET work_mem = '1MB'");
      await sql.use(async (connection) => void (await connection.query("SET app.tenant = 'red'")));
      await sql.query('BEGIN').catch(() => {});
      expect((await sql.query(text, [], { access: 'write' })).rows).toEqual([{ mem: '7MB', tenant: 'blue' }]);
    }
    expect(await pidOf(sql)).toBe(pid);
    // Once for each connection, and again after each reset, which has wiped what it set; never for a borrower.
    const before = onConnect.mock.calls.length;
    for (let n = 0; n < 50; n++) await sql.query('SELECT 1', [], { access: 'write' });
    // A session that was shared meanwhile is reset when it comes back.
    expect(onConnect.mock.calls.length - before).toBeLessThan(5);
  });

  it('reads types by the parsers of the application, whichever way it is used', async () => {
    const types = {
      getTypeParser: (oid: number, format?: string) =>
        oid === 20 ? (text: string) => BigInt(text) : pg.types.getTypeParser(oid, format as 'text'),
    };
    const router = await open({ types }, {
      replicas: [{ url: cluster.replicas[0]!.url }],
    } as never);
    const all = await inEveryWay(router, 'SELECT big, id FROM item WHERE id = 1');
    expect(all).toHaveLength(26);
    expect(all).toEqual(all.map(() => [9_007_199_254_740_993n, 1]));
    const plain = await inEveryWay(await open({}), 'SELECT big, id FROM item WHERE id = 1');
    expect(plain).toEqual(plain.map(() => ['9007199254740993', 1]));
  });
});
