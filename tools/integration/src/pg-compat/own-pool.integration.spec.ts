import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Pool, type CompatConfig } from '@nest-pooling/postgres/pg-compat';
import { startFaultProxy, startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import pg from 'pg';
import { direct, until } from '../shop.fixture.js';
import { LIMIT_MS } from './faces.fixture.js';

describe('a Pool of our own', () => {
  let cluster: PostgresCluster;
  let pool: Pool | undefined;

  beforeAll(async () => {
    cluster = await startPostgresCluster({ replicas: 0 });
    await direct(cluster.primary.url, 'CREATE TABLE note (id serial PRIMARY KEY, body text UNIQUE)');
  }, LIMIT_MS);

  afterEach(async () => {
    if (pool?.ending === false) await pool.end();
    pool = undefined;
  });

  afterAll(() => cluster.stop(), LIMIT_MS);

  function open(config: CompatConfig = {}): Pool {
    return (pool = new Pool({ connectionString: cluster.primary.url, max: 1, ...config }));
  }

  const statusAfter = async (on: Pool): Promise<string | null> => {
    const client = await on.connect();
    const status = client.getTransactionStatus();
    client.release(true);
    return status;
  };

  test('an open transaction is rolled back before anybody else has its client', async () => {
    const client = await open().connect();
    await client.query('BEGIN');
    await client.query("INSERT INTO note (body) VALUES ('open')");
    client.release();
    const next = await pool!.connect();
    expect([next === client, next.getTransactionStatus()]).toEqual([true, 'I']);
    expect((await next.query("SELECT 1 FROM note WHERE body = 'open'")).rowCount).toBe(0);
    next.release();
  });

  test('a failed transaction is rolled back, too', async () => {
    const client = await open().connect();
    await client.query('BEGIN');
    await client.query('SELEC').catch(() => {});
    client.release();
    expect(await statusAfter(pool!)).toBe('I');
  });

  test("what still runs is waited for; with 'nothing' the next one queues behind it", async () => {
    for (const onReturn of ['rollback', 'nothing'] as const) {
      const client = await open({ pooling: { onReturn } }).connect();
      const order: string[] = [];
      const slow = client.query('SELECT pg_sleep(0.1)').then(() => order.push('slow'));
      client.release();
      const next = await pool!.connect();
      order.push('lent');
      await Promise.all([slow, next.query('SELECT 1')]);
      next.release();
      await pool!.end();
      expect(order).toEqual(onReturn === 'rollback' ? ['slow', 'lent'] : ['lent', 'slow']);
    }
  });

  test("with 'nothing' it is as pg.Pool: the transaction is the next one's", async () => {
    const client = await open({ pooling: { onReturn: 'nothing' } }).connect();
    await client.query('BEGIN');
    client.release();
    expect(await statusAfter(pool!)).toBe('T');
  });

  test("with 'session' what a statement left behind is cleared, and onConnect runs again", async () => {
    const onConnect = (async (client: pg.Client) => {
      await client.query("SET application_name = 'set up'");
    }) as unknown as NonNullable<CompatConfig['onConnect']>;
    const client = await open({ onConnect, pooling: { onReturn: 'session' } }).connect();
    await client.query("SET work_mem = '3MB'");
    await client.query('CREATE TEMP TABLE mine ()');
    await client.query("SET application_name = 'mine'");
    client.release();
    const next = await pool!.connect();
    expect(next).toBe(client);
    const { rows } = await next.query(
      "SELECT current_setting('work_mem') AS mem, current_setting('application_name') AS name, to_regclass('mine') AS mine",
    );
    expect(rows).toEqual([{ mem: '4MB', name: 'set up', mine: null }]);
    next.release();
  });

  test('a refused pool.query keeps its connection, and a broken one does not', async () => {
    const pid = async (): Promise<number> =>
      (await open0().query('SELECT pg_backend_pid() AS pid')).rows[0].pid;
    const open0 = (): Pool => pool ?? open();
    open();
    const first = await pid();
    for (const text of ['SELEC', 'SELECT 1/0', "INSERT INTO note (body) VALUES ('x'), ('x')"]) {
      await expect(pool!.query(text)).rejects.toBeInstanceOf(pg.DatabaseError);
    }
    expect(await pid()).toBe(first);
    pool!.on('error', () => {});
    await expect(pool!.query('SELECT pg_terminate_backend(pg_backend_pid())')).rejects.toMatchObject({
      code: '57P01',
    });
    expect(await pid()).not.toBe(first);
  });

  test('a name is one thing to pool.query and to client.query', async () => {
    open();
    const text = 'SELECT $1::int AS n';
    const failing = { name: 'b', text: 'INSERT INTO note (body) VALUES ($1)', values: ['once'] };
    await pool!.query(failing);
    await expect(pool!.query({ ...failing, name: 'c' })).rejects.toMatchObject({ code: '23505' });
    const client = await pool!.connect();
    await expect(client.query({ ...failing, name: 'c' })).rejects.toMatchObject({ code: '23505' });
    expect((await client.query({ name: 'a', text, values: [1] })).rows).toEqual([{ n: 1 }]);
    client.release();
    expect((await pool!.query({ name: 'a', text, values: [2] })).rows).toEqual([{ n: 2 }]);
    await expect(pool!.query({ name: 'a', text: 'SELECT 3' })).rejects.toThrow('must be unique');
    expect((await pool!.query({ name: 'a', text, values: [4], rowMode: 'array' })).rows).toEqual([[4]]);
  });

  test('a prepared statement whose table was altered is prepared anew', async () => {
    open();
    await pool!.query('CREATE TABLE changing (a int); INSERT INTO changing VALUES (1)');
    const statement = { name: 'all', text: 'SELECT * FROM changing' };
    expect((await pool!.query(statement)).rows).toEqual([{ a: 1 }]);
    await pool!.query('ALTER TABLE changing ADD b int DEFAULT 2');
    await expect(pool!.query(statement)).rejects.toMatchObject({ code: '0A000' });
    const { rows, fields } = await pool!.query(statement);
    expect([rows, fields.map(({ name }) => name)]).toEqual([[{ a: 1, b: 2 }], ['a', 'b']]);
  });

  test('a server that comes back is found at once', async () => {
    await using proxy = await startFaultProxy({ target: cluster.primary });
    await proxy.refuse();
    const url = new URL(cluster.primary.url);
    url.port = String(proxy.port);
    open({ connectionString: url.href, max: 10 });
    const refused = await Promise.allSettled(Array.from({ length: 500 }, () => pool!.connect()));
    expect(refused.every(({ status }) => status === 'rejected')).toBe(true);
    expect([pool!.totalCount, pool!.waitingCount]).toEqual([0, 0]);
    await proxy.pass();
    await until('it answers', () =>
      pool!.query('SELECT 1').then(
        () => true,
        () => false,
      ),
    );
  });

  test('is pg.Pool to whoever asks, whichever way pg was loaded', () => {
    const { Pool: required } = createRequire(import.meta.url)('pg') as typeof pg;
    expect(open()).toBeInstanceOf(pg.Pool);
    expect(pool).toBeInstanceOf(required);
    expect(pool!.constructor.name).toBe('Pool');
  });

  test('wrong options of ours are refused, all of them', () => {
    const pooling = { onReturn: 'reset', nam: 'x', settings: { maxx: 1 } } as never;
    expect(() => new Pool({ pooling })).toThrow(/onReturn[^]*nam[^]*maxx|nam[^]*onReturn[^]*maxx/);
  });

  test(
    'allowExitOnIdle lets the process end',
    async () => {
      const program = `
      import { Pool } from '@nest-pooling/postgres/pg-compat';
      const pool = new Pool({ connectionString: '${cluster.primary.url}', allowExitOnIdle: true, idleTimeoutMillis: 0 });
      await pool.query('SELECT 1');
      (await pool.connect()).release();
      process.stdout.write(String(pool.totalCount));`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
        cwd: import.meta.dirname,
      });
      let out = '';
      child.stdout.on('data', (bytes: Buffer) => (out += String(bytes)));
      child.stderr.on('data', (bytes: Buffer) => (out += String(bytes)));
      const code = await new Promise((resolve) => child.once('exit', resolve));
      expect([code, out.trim()]).toEqual([0, '1']);
    },
    LIMIT_MS,
  );
});
