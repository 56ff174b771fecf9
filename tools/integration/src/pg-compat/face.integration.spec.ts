import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pgDriver, pgPool } from '@nest-pooling/postgres/pg-compat';
import pg from 'pg';
import { queryCases } from './cases.query.fixture.js';
import { Bench, several } from './compare.fixture.js';
import { Faces, LIMIT_MS } from './faces.fixture.js';

/** Those that make no pool with options of its own. */
const CASES = [
  'a text',
  'a text with values',
  'a config',
  'callbacks',
  'the function comes first',
  'errors of the server',
  'misuse',
  'a cursor',
  'a stream of rows',
];

describe('the pg.Pool of a pool of ours', () => {
  let faces: Faces;

  beforeAll(async () => {
    faces = await Faces.start();
    await faces.prepare(
      'CREATE TABLE item (id int PRIMARY KEY, n int)',
      'INSERT INTO item SELECT n, 0 FROM generate_series(1, 100) n',
    );
  }, LIMIT_MS);

  afterAll(() => faces.stop(), LIMIT_MS);

  describe.each(['the face of a pool', 'the face of a router'] as const)('%s', (name) => {
    test.each(CASES)(
      'answers as pg.Pool: %s',
      async (what) => {
        const { url } = faces.cluster.primary;
        const [theirs, ours] = [
          new Bench('pg', url),
          new Bench(pgPool(name === 'the face of a pool' ? faces.single : faces.router), url),
        ];
        await queryCases[what]!(theirs);
        await theirs.close();
        await queryCases[what]!(ours);
        expect(ours.noted).toEqual(theirs.noted);
        await faces.nothingIsOut();
      },
      LIMIT_MS,
    );

    test('1,000 queries at a time', async () => {
      const { pool } = faces.face(name);
      const work = Array.from({ length: 1_000 }, async (_, at) => {
        const id = 1 + (at % 100);
        const { rows, rowCount } =
          at % 10 === 0
            ? await pool.query('UPDATE item SET n = n + 1 WHERE id = $1 RETURNING id', [id])
            : await pool.query('SELECT id FROM item WHERE id = $1', [id]);
        return rowCount === 1 && rows[0].id === id;
      });
      expect(new Set(await Promise.all(work))).toEqual(new Set([true]));
      await faces.nothingIsOut();
    });
  });

  test('is one object, an instance of pg.Pool, and lends real clients', async () => {
    const pool = pgPool(faces.single);
    expect(pgPool(faces.single)).toBe(pool);
    expect(pool).toBeInstanceOf(pg.Pool);
    const driver = pgDriver(faces.single);
    expect(new driver.Pool({ max: 99 })).toBe(pool);
    expect(driver.Client).toBe(pg.Client);
    const client = await pool.connect();
    expect(Object.getPrototypeOf(client)).toBe(pg.Client.prototype);
    client.release();
  });

  test('has the limits of its pool, and pg.Pool’s words for them', async () => {
    const pool = pgPool(faces.single);
    const clients = await several(pool, 10);
    expect([pool.totalCount, pool.idleCount, pool.waitingCount]).toEqual([10, 0, 0]);
    const waiting = pool.connect();
    expect(pool.waitingCount).toBe(1);
    clients[0]!.release();
    (await waiting).release();
    for (const client of clients.slice(1)) client.release();
    await faces.nothingIsOut();
    expect(pool.idleCount).toBe(pool.totalCount);
  });

  test('a client that comes back is clean for the pool’s own callers', async () => {
    const client = await pgPool(faces.single).connect();
    await client.query('BEGIN');
    await client.query('UPDATE item SET n = -1 WHERE id = 1');
    await client.query("SET work_mem = '3MB'");
    client.release();
    await faces.nothingIsOut();
    const { rows } = await faces.single.query(
      "SELECT n, current_setting('work_mem') AS mem FROM item WHERE id = 1",
    );
    expect(rows).toEqual([{ n: expect.any(Number), mem: '4MB' }]);
    expect(rows[0]!.n).not.toBe(-1);
  });

  test('a name that one side has prepared is known to the other', async () => {
    const pool = pgPool(faces.single);
    const text = 'SELECT n FROM item WHERE id = $1';
    await faces.single.transaction(async (tx) => tx.query(text, [2], { name: 'shared' }));
    const client = await pool.connect();
    for (let n = 0; n < 3; n++) {
      expect((await client.query({ name: 'shared', text, values: [2] })).rowCount).toBe(1);
      expect((await client.query({ name: 'theirs', text, values: [2] })).rowCount).toBe(1);
    }
    client.release();
    await faces.nothingIsOut();
    const ours = Array.from({ length: 20 }, (_, n) =>
      faces.single.query(text, [2], { name: n % 2 === 0 ? 'theirs' : 'shared', multiplex: n % 4 < 2 }),
    );
    expect((await Promise.all(ours)).every(({ rowCount }) => rowCount === 1)).toBe(true);
  });

  test('stands outside of a transaction around it', async () => {
    const pool = pgPool(faces.single);
    const seen = await faces.single.transaction(async (tx) => {
      await tx.query('UPDATE item SET n = 77 WHERE id = 3');
      const { rows } = await pool.query('SELECT n FROM item WHERE id = 3');
      return rows[0].n;
    });
    expect(seen).not.toBe(77);
    expect((await pool.query('SELECT n FROM item WHERE id = 3')).rows).toEqual([{ n: 77 }]);
  });

  test('ends alone, when its clients are back', async () => {
    const pool = pgPool(faces.single);
    const client = await pool.connect();
    const ending = pool.end();
    await expect(pool.query('SELECT 1')).rejects.toThrow('Cannot use a pool after calling end on the pool');
    expect(pool.ended).toBe(false);
    client.release();
    await ending;
    expect(pool.ended).toBe(true);
    expect((await faces.single.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    expect(pgPool(faces.single)).not.toBe(pool);
  });
});
