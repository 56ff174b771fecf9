import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mysql2Driver, mysql2Pool } from '@nest-pooling/mysql/mysql2-compat';
import mysql2 from 'mysql2';
import { queryCases } from './cases.query.fixture.js';
import { Bench } from './compare.fixture.js';
import { CASE_TABLES } from './cases.tables.fixture.js';
import { until } from '../shop.fixture.js';
import { borrow, countsOf, Faces, LIMIT_MS } from './faces.fixture.js';

/** mysql2 itself, as a pool of ours sets it. */
const AS_OURS = { timezone: '+00:00', supportBigNumbers: true };

describe('the mysql2 pool of a pool of ours', () => {
  let faces: Faces;

  beforeAll(async () => {
    faces = await Faces.start();
    await faces.prepare(...CASE_TABLES);
  }, LIMIT_MS);

  afterAll(() => faces.stop(), LIMIT_MS);

  describe.each(['the face of a pool', 'the face of a router'] as const)('%s', (name) => {
    test.each(Object.keys(queryCases))(
      'answers as mysql2: %s',
      async (what) => {
        const { url } = faces.cluster.primary;
        const sql = name === 'the face of a pool' ? faces.single : faces.router;
        await faces.prepare('TRUNCATE note');
        const theirs = new Bench('mysql2', url, AS_OURS);
        await queryCases[what]!(theirs);
        await theirs.close();
        await faces.prepare('TRUNCATE note');
        const ours = new Bench(mysql2Pool(sql), url);
        await queryCases[what]!(ours);
        expect(ours.noted).toEqual(theirs.noted);
        await faces.nothingIsOut();
      },
      LIMIT_MS,
    );

    test('1,000 statements at a time', async () => {
      const pool = faces.face(name).pool.promise();
      const work = Array.from({ length: 1_000 }, async (_, at) => {
        const id = 1 + (at % 100);
        if (at % 10 === 0) {
          const [header] = await pool.execute('UPDATE item SET n = n + 1 WHERE id = ?', [id]);
          return (header as { affectedRows: number }).affectedRows === 1;
        }
        const text = 'SELECT id FROM item WHERE id = ?';
        const [rows] = await (at % 2 === 0 ? pool.execute(text, [id]) : pool.query(text, [id]));
        return (rows as { id: number }[])[0]?.id === id;
      });
      expect(new Set(await Promise.all(work))).toEqual(new Set([true]));
      await faces.nothingIsOut();
    });

    test('reads of execute share sessions, as long as nobody wants to see a connection', async () => {
      const pool = mysql2Pool(name === 'the face of a pool' ? faces.single : faces.router);
      pool.removeAllListeners();
      const acquired: unknown[] = [];
      const text = 'SELECT id, n FROM item WHERE id = ?';
      const run = async (): Promise<unknown> => {
        const reads = [1, 2, 3].map((id) => pool.promise().execute(text, [id]));
        reads.push(pool.promise().query({ sql: 'SELECT id, n FROM item WHERE id = 4', rowsAsArray: true }));
        return (await Promise.all(reads)).map(([rows]) => rows);
      };
      const shared = await run();
      pool.on('acquire', (connection) => acquired.push(connection));
      expect(await run()).toEqual(shared);
      expect(acquired).toHaveLength(4);
      pool.removeAllListeners();
      const refused = pool.promise().execute('SELECT nothing FROM item WHERE id = ?', [1]);
      await expect(refused).rejects.toMatchObject({
        code: 'ER_BAD_FIELD_ERROR',
        sql: 'SELECT nothing FROM item WHERE id = ?',
      });
    });
  });

  test('is one object, an instance of mysql2’s, and so are its connections', async () => {
    const pool = mysql2Pool(faces.single);
    expect(mysql2Pool(faces.single)).toBe(pool);
    const { Pool, PoolConnection } = mysql2 as unknown as Record<'Pool' | 'PoolConnection', new () => object>;
    expect(pool).toBeInstanceOf(Pool);
    const driver = mysql2Driver(faces.single);
    expect(driver.createPool({ connectionLimit: 99 })).toBe(pool);
    expect(driver.format).toBe(mysql2.format);
    expect(() => driver.createPoolCluster()).toThrow(
      /createPoolCluster is not supported here.*ReadReplicaRouter/,
    );
    const connection = await borrow(pool);
    expect(connection).toBeInstanceOf(PoolConnection);
    expect(connection).toBeInstanceOf(mysql2.Connection);
    connection.release();
    const again = await borrow(pool);
    expect(again).toBe(connection);
    again.release();
    expect(pool.format('SELECT ?', [new Date(0)])).toBe("SELECT '1970-01-01 00:00:00.000'");
  });

  test('has the limits of its pool', async () => {
    const pool = mysql2Pool(faces.single);
    const lent = await Promise.all(Array.from({ length: 10 }, () => borrow(pool)));
    expect(countsOf(pool)).toEqual({ all: 10, free: 0, queue: 0 });
    const waiting = borrow(pool);
    expect(countsOf(pool).queue).toBe(1);
    lent[0]!.release();
    (await waiting).release();
    for (const connection of lent.slice(1)) connection.release();
    await faces.nothingIsOut();
    expect(countsOf(pool)).toMatchObject({ all: 10, free: 10 });
  });

  test('a connection that comes back is clean for the pool’s own callers', async () => {
    const connection = (await borrow(mysql2Pool(faces.single))).promise();
    await connection.beginTransaction();
    await connection.query('UPDATE item SET n = -1 WHERE id = 1');
    await connection.query('SET SESSION sort_buffer_size = 1048576, @mine = 5');
    await connection.query('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE').catch(() => {});
    connection.release();
    await faces.nothingIsOut();
    const { rows } = await faces.single.query(
      'SELECT n, @@sort_buffer_size AS size, @mine AS mine FROM item WHERE id = 1',
    );
    expect(rows).toEqual([{ n: expect.any(Number), size: expect.any(Number), mine: null }]);
    expect(rows[0]).not.toMatchObject({ n: -1 });
    expect(rows[0]).not.toMatchObject({ size: 1_048_576 });
  });

  test('what runs behind its own time is ended on the server when its connection comes back', async () => {
    const connection = await borrow(mysql2Pool(faces.single));
    const slow = connection.promise().query({ sql: 'SELECT SLEEP(50)', timeout: 20 });
    await expect(slow).rejects.toMatchObject({ code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
    connection.release();
    await until('it was ended', async () => {
      const { rows } = await faces.single.query('SHOW PROCESSLIST');
      return !rows.some(({ Info }) => Info === 'SELECT SLEEP(50)');
    });
    await faces.nothingIsOut();
    // The very session that it ran on is fit again.
    const lent = await Promise.all(Array.from({ length: 10 }, () => borrow(mysql2Pool(faces.single))));
    expect(lent).toContain(connection);
    const answers = lent.map((one) => one.promise().query('SELECT 1 AS one'));
    for (const [rows] of await Promise.all(answers)) expect(rows).toEqual([{ one: 1 }]);
    for (const one of lent) one.release();
  });

  test('stands outside of a transaction around it', async () => {
    const pool = mysql2Pool(faces.single).promise();
    const seen = await faces.single.transaction(async (tx) => {
      await tx.query('UPDATE item SET n = 77 WHERE id = 3');
      const [rows] = await pool.query('SELECT n FROM item WHERE id = 3');
      return (rows as { n: number }[])[0]!.n;
    });
    expect(seen).not.toBe(77);
    expect((await pool.query('SELECT n FROM item WHERE id = 3'))[0]).toEqual([{ n: 77 }]);
  });

  test('keeps its user, and takes nothing after its return', async () => {
    const connection = await borrow(mysql2Pool(faces.single));
    const changed = connection.promise().changeUser({ user: 'root' });
    await expect(changed).rejects.toMatchObject({ code: 'MYSQL2_UNSUPPORTED' });
    connection.release();
    await expect(connection.promise().query('SELECT 1')).rejects.toThrow('closed state');
    await expect(connection.promise().execute('SELECT 1')).rejects.toThrow('closed state');
    await expect(connection.promise().ping()).rejects.toThrow('closed state');
  });

  test('a reset gives a session as new, with the settings of the pool', async () => {
    const connection = (await borrow(mysql2Pool(faces.single))).promise();
    await connection.query("SET @mine = 5, time_zone = '+05:00'");
    await connection.reset();
    const [rows] = await connection.query('SELECT @mine AS mine, @@time_zone AS zone');
    expect(rows).toEqual([{ mine: null, zone: '+00:00' }]);
    expect((await connection.execute('SELECT ? AS a', [1]))[0]).toEqual([{ a: 1 }]);
    connection.release();
  });

  test('ends alone, when its connections are back', async () => {
    const pool = mysql2Pool(faces.single);
    const connection = await borrow(pool);
    let over = false;
    const ending = pool
      .promise()
      .end()
      .then(() => (over = true));
    await expect(pool.promise().query('SELECT 1')).rejects.toThrow('Pool is closed.');
    expect(over).toBe(false);
    connection.release();
    await ending;
    expect((await faces.single.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    expect(mysql2Pool(faces.single)).not.toBe(pool);
  });
});
