import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Problems, systemEnv, type Managed } from '@nest-pooling/core';
import { startPgBouncer, startPostgresCluster, type PgBouncer, type PoolMode } from '@nest-pooling/services';
import type { PostgresCluster } from '@nest-pooling/services';
import type { SqlPool } from '@nest-pooling/sql';
import { postgres, type PostgresOptions } from './definition.js';
import { PostgresDriver } from './driver.js';
import { direct, LIMIT_MS, running, until } from './servers.fixture.js';
import { postgresTarget } from './target.js';

jest.setTimeout(LIMIT_MS);

let cluster: PostgresCluster;

beforeAll(async () => {
  cluster = await startPostgresCluster({ replicas: 0 });
  await direct(cluster.primary.url, 'CREATE TABLE entry (id int PRIMARY KEY, body text)');
}, LIMIT_MS);

afterAll(() => cluster?.stop(), LIMIT_MS);

const SETTINGS = `SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
  current_setting('TimeZone') AS zone, current_setting('application_name') AS name`;
describe.each<PoolMode>(['transaction', 'session'])('pgbouncer in %s mode', (mode) => {
  let bouncer: PgBouncer;
  let pool: Managed & { readonly face: SqlPool };
  let sql: SqlPool;
  const open = async (more: Partial<PostgresOptions> = {}, url = bouncer.urlOf()): Promise<typeof pool> => {
    const proxied = mode === 'transaction' ? true : 'session';
    const opened = postgres({ primary: { url, proxied }, pool: { min: 1, max: 6 }, ...more }).open(
      'b',
      systemEnv,
    );
    await opened.start();
    return opened;
  };

  beforeAll(async () => {
    await direct(cluster.primary.url, 'TRUNCATE entry');
    // Fewer servers than clients in transaction mode: they are shared; in session mode that would be a deadlock.
    bouncer = await startPgBouncer({ target: cluster.primary, mode, poolSize: mode === 'session' ? 12 : 3 });
    pool = await open();
    sql = pool.face;
  }, LIMIT_MS);

  afterAll(async () => {
    await pool?.close();
    await bouncer?.stop();
  }, LIMIT_MS);

  it('gives each of many statements at once its own answer, named ones too', async () => {
    const results = await Promise.all(
      Array.from({ length: 500 }, (_, n) =>
        sql.query<{ n: number }>('SELECT $1::int AS n', [n], n % 2 ? { name: 'own' } : {}),
      ),
    );
    expect(results.every(({ rows }, n) => rows[0]?.n === n)).toBe(true);
    const { rows } = await sql.query('SELECT count(*)::int AS n FROM pg_prepared_statements');
    expect(rows).toEqual([{ n: 0 }]);
  });

  it('has its settings in transactions and, where the server stays, in single statements', async () => {
    const ours = { statement: '1min', lock: '10s', zone: 'UTC', name: 'nest-pooling b.primary write' };
    const others = mode === 'transaction' ? { ...ours, statement: '0', lock: '0' } : ours;
    const check = async (): Promise<void> => {
      expect((await sql.query(SETTINGS)).rows).toEqual([others]);
      await sql.use(async (connection) => {
        expect((await connection.query(SETTINGS)).rows).toEqual([others]);
        await connection.transaction(async (tx) => expect((await tx.query(SETTINGS)).rows).toEqual([ours]));
      });
      await sql.transaction(async () => expect((await sql.query(SETTINGS)).rows).toEqual([ours]));
      await sql.transaction(async () => expect((await sql.query(SETTINGS)).rows).toEqual([ours]), {
        isolation: 'serializable',
        readOnly: true,
      });
    };
    await check();
    // What a borrower left behind is cleared, and what the pool set is there again.
    await sql.query("SET application_name = 'mine'");
    await sql.query('BEGIN');
    await check();
  });

  it('leaves nothing with strangers who use the same pooler', async () => {
    await direct(cluster.primary.url, "ALTER ROLE postgres SET timezone = 'Europe/Rome'");
    try {
      const target = postgresTarget('b.r', { url: bouncer.urlOf(), proxied: true }, new Problems())!;
      const { signal } = new AbortController();
      const session = await new PostgresDriver().connect(target, 'read', systemEnv, signal);
      await session.execute({ text: 'BEGIN' });
      await expect(session.execute({ text: "INSERT INTO entry VALUES (-1, '')" })).rejects.toMatchObject({
        code: '25006',
      });
      await session.reset();
      const rows = await Promise.all(
        Array.from({ length: 6 }, () =>
          direct(
            bouncer.urlOf(),
            `SELECT current_setting('statement_timeout') AS statement, current_setting('default_transaction_read_only') AS only`,
          ),
        ),
      );
      expect(rows.flat()).toEqual(rows.map(() => ({ statement: '0', only: 'off' })));
      // Who answers next may be another server: there is nothing to compare with.
      expect(session.identity).toMatchObject({ systemId: '', timeline: 0, role: 'primary' });
      expect(await session.reached({ systemId: '', timeline: 0, at: '0/0' })).toBe(false);
      await session.close();
    } finally {
      await direct(cluster.primary.url, 'ALTER ROLE postgres RESET timezone');
    }
  });

  it('transactions are whole or not at all, savepoints and streams among them', async () => {
    await Promise.allSettled(
      Array.from({ length: 60 }, (_, n) =>
        sql.transaction(async () => {
          await sql.query('INSERT INTO entry VALUES ($1, $2)', [n, 'tx']);
          const failing = sql.transaction(() => sql.query('INSERT INTO entry VALUES ($1)', [n]));
          await expect(failing).rejects.toMatchObject({ sqlState: '23505' });
          if (n % 3 === 0) throw new Error('rolled back');
        }),
      ),
    );
    let sum = 0;
    for await (const row of sql.stream<{ id: number }>('SELECT id FROM entry', [], { batchSize: 7 }))
      sum += row.id;
    expect(sum).toBe(
      Array.from({ length: 60 }, (_, n) => n).reduce((all, n) => all + (n % 3 === 0 ? 0 : n), 0),
    );
    for await (const _ of sql.stream('SELECT id FROM entry', [], { batchSize: 7 })) break;
    expect((await sql.query('SELECT count(*)::int AS n FROM pg_cursors')).rows).toEqual([{ n: 0 }]);
  });

  it(
    'cancels on the server what timed out or was aborted, and no neighbour',
    async () => {
      const others = await open();
      const neighbours: Promise<unknown>[] = [];
      const failing = Array.from({ length: 4 }, async (_, n) => {
        const text = `SELECT pg_sleep(${60 + n})`;
        const abort = new AbortController();
        const limits = n % 2 ? { signal: abort.signal } : { timeoutMs: 100 + n };
        const call = sql.query(text, [], limits);
        call.catch(() => {});
        if (n % 2) setTimeout(() => abort.abort(), 100 + n);
        neighbours.push(others.face.query('SELECT pg_sleep(0.2)'), others.face.query('SELECT pg_sleep(0.1)'));
        await expect(call).rejects.toMatchObject({ code: n % 2 ? 'SQL_CANCELLED' : 'SQL_TIMEOUT' });
        await until(async () => (await running(cluster.primary.url, text)) === 0);
      });
      await Promise.all(failing);
      await Promise.all(neighbours);
      await others.close();
    },
    LIMIT_MS,
  );

  it(
    'a statement without a limit of its own ends on the server, though the pooler lost the pool’s',
    async () => {
      const strict = await open({ session: { statementTimeoutMs: 1 }, pool: { min: 1, max: 1 } });
      const text = 'SELECT pg_sleep(50)';
      // The client's own limit comes 5 s after the server's.
      await expect(strict.face.query(text)).rejects.toMatchObject({
        code: mode === 'transaction' ? 'SQL_TIMEOUT' : 'SQL_STATEMENT_FAILED',
      });
      await until(async () => (await running(cluster.primary.url, text)) === 0);
      await strict.close();
    },
    LIMIT_MS,
  );

  it(
    'answers pings, and says what kind of trouble the pooler has',
    async () => {
      await expect(sql.ping()).resolves.toMatchObject({ 'b.primary': { ok: true } });
      const driver = new PostgresDriver();
      const connect = async (url: string): Promise<object> => {
        const target = postgresTarget('b.x', { url, proxied: true }, new Problems())!;
        const { signal } = new AbortController();
        const during = { lane: 'write', role: 'unknown', sent: false, committing: false } as const;
        return driver.connect(target, 'write', systemEnv, signal).then(
          () => ({}),
          (error: unknown) => driver.fault(error, during),
        );
      };
      await expect(connect(bouncer.urlOf('nowhere'))).resolves.toMatchObject({
        scope: 'node',
        outcome: 'not-sent',
      });
      await expect(connect(bouncer.urlOf('postgres', 'nobody'))).resolves.toMatchObject({ category: 'auth' });
      await using tiny = await startPgBouncer({ target: cluster.primary, mode, poolSize: 1, maxClients: 1 });
      const one = await open({ pool: { min: 1, max: 1 }, required: false }, tiny.urlOf());
      await until(async () => Object.keys(await one.face.ping()).length > 0);
      await expect(connect(tiny.urlOf())).resolves.toMatchObject({ category: 'overload', scope: 'session' });
      await one.close();
    },
    LIMIT_MS,
  );
});

it(
  'says when statements are pooled one by one, where no transaction can be',
  async () => {
    await using bouncer = await startPgBouncer({ target: cluster.primary, mode: 'statement' });
    const pool = postgres({ primary: { url: bouncer.urlOf(), proxied: true }, pool: { min: 1 } }).open(
      's',
      systemEnv,
    );
    await pool.start();
    expect((await pool.face.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await expect(pool.face.transaction(async () => {})).rejects.toThrow(/statement pooling mode/);
    expect((await pool.face.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await pool.close();
  },
  LIMIT_MS,
);
