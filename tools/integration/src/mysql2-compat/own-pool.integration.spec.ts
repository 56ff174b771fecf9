import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createPool, type CompatOptions } from '@nest-pooling/mysql/mysql2-compat';
import { createPool as createPromisePool } from '@nest-pooling/mysql/mysql2-compat/promise';
import { startFaultProxy, startMariadbCluster, type MariadbCluster } from '@nest-pooling/services';
import type { Pool, PoolConnection } from 'mysql2';
import { until } from '../shop.fixture.js';
import { borrow, countsOf, direct, LIMIT_MS } from './faces.fixture.js';

const INSERT = "INSERT INTO note (body) VALUES ('open')";

describe('a pool of its own', () => {
  let cluster: MariadbCluster;
  let pool: Pool | undefined;

  beforeAll(async () => {
    cluster = await startMariadbCluster({ replicas: 0 });
    await direct(
      cluster.primary.url,
      'CREATE TABLE note (id int AUTO_INCREMENT PRIMARY KEY, body varchar(200))',
    );
  }, LIMIT_MS);

  beforeEach(() => direct(cluster.primary.url, 'TRUNCATE note'));

  afterEach(async () => {
    if (pool !== undefined) await pool.promise().end();
    pool = undefined;
  });

  afterAll(() => cluster.stop(), LIMIT_MS);

  function open(options: CompatOptions = {}): Pool {
    return (pool = createPool({ uri: cluster.primary.url, connectionLimit: 1, ...options }));
  }

  const ask = async (on: Pool | PoolConnection, sql: string): Promise<Record<string, unknown>[]> =>
    (await on.promise().query(sql))[0] as Record<string, unknown>[];

  /** What the next one finds, who has the same connection. */
  const found = async (): Promise<unknown> => {
    const all = 'SELECT @@autocommit AS auto, @@in_transaction AS open, (SELECT count(*) FROM note) AS n';
    const [row] = await ask(pool!, all);
    return row;
  };

  test.each([
    ['a transaction', ['START TRANSACTION', INSERT]],
    ['SET autocommit = 0', ['SET autocommit = 0', INSERT]],
    ['a transaction that the server has refused something in', ['BEGIN', INSERT, 'SELEC']],
    ['a read-only one', ['START TRANSACTION READ ONLY', 'SELECT * FROM note']],
  ])('%s that was left open is undone before anybody else has its connection', async (_what, texts) => {
    const connection = await borrow(open());
    for (const text of texts) await ask(connection, text).catch(() => {});
    connection.release();
    expect(await found()).toEqual({ auto: 1, open: 0, n: 0 });
    expect(await borrow(pool!)).toBe(connection);
    connection.release();
  });

  test('one that a statement of the pool itself has left open, too', async () => {
    open();
    await ask(pool!, 'BEGIN');
    await ask(pool!, INSERT);
    expect(await found()).toEqual({ auto: 1, open: 0, n: 1 });
  });

  test('one whose connection came back while its answer was read', async () => {
    const connection = await borrow(open());
    await ask(connection, 'BEGIN');
    await new Promise<void>((resolve) => {
      connection.query(INSERT).on('end', () => {
        connection.release();
        resolve();
      });
    });
    expect(await found()).toEqual({ auto: 1, open: 0, n: 0 });
  });

  test("what still runs is waited for; with 'nothing' the next one queues behind it", async () => {
    for (const onReturn of ['rollback', 'nothing'] as const) {
      const connection = await borrow(open({ pooling: { onReturn } }));
      const order: string[] = [];
      const slow = ask(connection, 'SELECT SLEEP(0.1)').then(() => order.push('slow'));
      connection.release();
      const next = await borrow(pool!);
      order.push('lent');
      await Promise.all([slow, ask(next, 'SELECT 1')]);
      next.release();
      await pool!.promise().end();
      expect(order).toEqual(onReturn === 'rollback' ? ['slow', 'lent'] : ['lent', 'slow']);
    }
    pool = undefined;
  });

  test("with 'nothing' it is as mysql2: the transaction is the next one's", async () => {
    const connection = await borrow(open({ pooling: { onReturn: 'nothing' } }));
    await ask(connection, 'BEGIN');
    await ask(connection, INSERT);
    connection.release();
    expect(await found()).toEqual({ auto: 1, open: 1, n: 1 });
  });

  test("with 'session' what a statement left behind is cleared", async () => {
    const connection = await borrow(open({ pooling: { onReturn: 'session' } }));
    await ask(connection, "SELECT GET_LOCK('mine', 1)");
    await ask(connection, 'SET @mine = 5');
    await connection.promise().execute('SELECT ? AS a', [1]);
    connection.release();
    expect(await ask(pool!, "SELECT @mine AS mine, IS_FREE_LOCK('mine') AS free")).toEqual([
      { mine: null, free: 1 },
    ]);
    expect((await pool!.promise().execute('SELECT ? AS a', [2]))[0]).toEqual([{ a: 2 }]);
  });

  test('each borrowing has its events, also one that had to wait', async () => {
    const seen: string[] = [];
    open();
    for (const event of ['connection', 'acquire', 'release', 'enqueue'])
      pool!.on(event, () => seen.push(event));
    const connection = await borrow(pool!);
    const waiting = borrow(pool!);
    connection.release();
    (await waiting).release();
    expect(seen).toEqual(['connection', 'acquire', 'enqueue', 'release', 'acquire', 'release']);
  });

  test('what a listener of `connection` asks comes before all else', async () => {
    open();
    pool!.on('connection', (connection) => void connection.query('SET @mine = 7'));
    expect(await ask(pool!, 'SELECT @mine AS mine')).toEqual([{ mine: 7 }]);
  });

  test('acquireTimeout ends the wait', async () => {
    const connection = await borrow(open({ acquireTimeout: 30 }));
    await expect(borrow(pool!)).rejects.toMatchObject({ code: 'POOL_TIMEOUT' });
    connection.release();
    await borrow(pool!).then((next) => next.release());
  });

  test('a reader who has had enough of a stream, and one who was too slow, give the connection back', async () => {
    open();
    for await (const row of pool!.query('SELECT seq FROM seq_1_to_1000').stream()) {
      expect(row).toEqual({ seq: 1 });
      break;
    }
    expect(await ask(pool!, 'SELECT 1 AS a')).toEqual([{ a: 1 }]);
    const late = pool!.promise().query({ sql: 'SELECT SLEEP(0.1)', timeout: 10 });
    await expect(late).rejects.toMatchObject({ code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
    expect(await ask(pool!, 'SELECT 2 AS a')).toEqual([{ a: 2 }]);
    expect(countsOf(pool!)).toEqual({ all: 1, free: 1, queue: 0 });
  });

  test('more than maxIdle are closed', async () => {
    open({ connectionLimit: 4, maxIdle: 1 });
    const lent = await Promise.all([1, 2, 3].map(() => borrow(pool!)));
    for (const connection of lent) connection.release();
    await until('they are closed', () => countsOf(pool!).all === 1);
    expect(countsOf(pool!)).toEqual({ all: 1, free: 1, queue: 0 });
  });

  test('a server that comes back is found at once, and nobody was made to wait meanwhile', async () => {
    await using proxy = await startFaultProxy({ target: cluster.primary });
    await proxy.refuse();
    const url = new URL(cluster.primary.url);
    url.port = String(proxy.port);
    open({ uri: url.href, connectionLimit: 10 });
    const refused = await Promise.allSettled(Array.from({ length: 200 }, () => borrow(pool!)));
    expect(refused.every(({ status }) => status === 'rejected')).toBe(true);
    expect(countsOf(pool!).queue).toBe(0);
    await proxy.pass();
    await until('it answers', () =>
      ask(pool!, 'SELECT 1').then(
        () => true,
        () => false,
      ),
    );
  });

  test('connectTimeout ends a connection that is never answered', async () => {
    await using proxy = await startFaultProxy({ target: cluster.primary });
    await proxy.blackhole();
    const url = new URL(cluster.primary.url);
    url.port = String(proxy.port);
    open({ uri: url.href, connectTimeout: 50 });
    await expect(borrow(pool!)).rejects.toMatchObject({ code: 'ETIMEDOUT', syscall: 'connect' });
    await until('its place is free', () => countsOf(pool!).all === 0);
  });

  test('its promise face by its own path', async () => {
    const promises = createPromisePool({ uri: cluster.primary.url, connectionLimit: 2 });
    const connection = await promises.getConnection();
    expect((await connection.query('SELECT 1 AS a'))[0]).toEqual([{ a: 1 }]);
    promises.releaseConnection(connection);
    await promises.end();
    await expect(promises.query('SELECT 1')).rejects.toThrow('Pool is closed.');
  });

  test('wrong options are refused, all of them', () => {
    const wrong = { connectionLimt: 5, pooling: { onReturn: 'reset', settings: { maxx: 1 } } } as never;
    expect(() => createPool(wrong)).toThrow(/connectionLimt[^]*onReturn[^]*maxx/);
  });
});
