import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Pool } from 'mysql2';
import { until } from '../shop.fixture.js';
import { borrow, direct, Faces, LIMIT_MS } from './faces.fixture.js';

const INSERT = "INSERT INTO note (body) VALUES ('x')";

describe('what comes back of a router, and what dies', () => {
  let faces: Faces;
  let pool: Pool;

  beforeAll(async () => {
    faces = await Faces.start();
    await faces.prepare(
      'CREATE TABLE note (id int AUTO_INCREMENT PRIMARY KEY, body text)',
      "INSERT INTO note (body) VALUES ('first')",
    );
    pool = faces.face('the face of a router').pool;
  }, LIMIT_MS);

  afterAll(() => faces.stop(), LIMIT_MS);

  const count = async (text: string): Promise<unknown> =>
    (await direct(faces.cluster.primary.rootUrl, `SELECT count(*) AS n FROM ${text}`))[0]!.n;

  test('its session comes back clean', async () => {
    await faces.borrowed(async (connection) => {
      const on = connection.promise();
      await on.query('SET autocommit = 0');
      await on.query("INSERT INTO note (body) VALUES ('left open')");
      await on.query("SELECT GET_LOCK('mine', 1)");
      await on.query('SET @mine = 5');
    });
    await faces.borrowed(async (connection) => {
      const on = connection.promise();
      await on.query(INSERT);
      const [rows] = await on.query(
        "SELECT @mine AS mine, @@autocommit AS auto, IS_FREE_LOCK('mine') AS free",
      );
      expect(rows).toEqual([{ mine: null, auto: 1, free: 1 }]);
    });
    expect(await count("note WHERE body = 'left open'")).toBe(0);
  });

  test('release does not wait, and what was given is still done', async () => {
    const connection = await borrow(pool);
    const writing = connection.promise().query("INSERT INTO note (body) VALUES ('late')");
    connection.release();
    connection.release();
    await expect(connection.promise().query('SELECT 1')).rejects.toThrow('closed state');
    expect((await writing)[0]).toMatchObject({ affectedRows: 1 });
    await faces.nothingIsOut();
  });

  test('destroy closes the connection, and tells what waits there', async () => {
    const connection = await borrow(pool);
    await connection.promise().query(INSERT);
    const running = connection.promise().query('SELECT SLEEP(1)');
    connection.destroy();
    connection.release();
    await expect(running).rejects.toMatchObject({ code: 'PROTOCOL_CONNECTION_LOST' });
    await faces.nothingIsOut();
  });

  test('a connection that the server ends is told, and is no more', async () => {
    const connection = await borrow(pool);
    await connection.promise().query(INSERT);
    const errors: unknown[] = [];
    connection.on('error', (error: unknown) => errors.push(error));
    const running = connection.promise().query('SELECT SLEEP(50)');
    const streaming = new Promise((resolve, reject) => {
      connection.query('SELECT 1').stream().on('error', reject).on('end', resolve).resume();
    });
    await until(
      'it runs',
      async () => (await count("information_schema.processlist WHERE info LIKE 'SELECT SLEEP(50)%'")) === 1,
    );
    await direct(faces.cluster.primary.rootUrl, `KILL ${connection.threadId}`);
    await expect(running).rejects.toBeInstanceOf(Error);
    await expect(streaming).rejects.toBeInstanceOf(Error);
    connection.release();
    await faces.nothingIsOut();
    await faces.borrowed(async (next) => {
      expect((await next.promise().query(INSERT))[0]).toMatchObject({ affectedRows: 1 });
    });
  });

  test(
    'no read fails while a replica dies, however it is asked',
    async () => {
      const replica = faces.cluster.replicas[0]!;
      pool.removeAllListeners();
      let going = true;
      let reads = 0;
      const failed: unknown[] = [];
      const loop = async (read: () => Promise<unknown>): Promise<void> => {
        while (going) {
          const answer = await read().catch((error: unknown) => failed.push(error));
          if (!Array.isArray(answer) || answer.length !== 1) failed.push(answer);
          reads++;
        }
      };
      const text = 'SELECT body FROM note WHERE id = 1';
      const byConnection = async (): Promise<unknown> => {
        const connection = await borrow(pool);
        try {
          return (await connection.promise().query(text))[0];
        } finally {
          connection.release();
        }
      };
      const byStream = async (): Promise<unknown> => {
        const rows: unknown[] = [];
        for await (const row of pool.query(text).stream()) rows.push(row);
        return rows;
      };
      const ways = [
        byConnection,
        async () => (await pool.promise().execute('SELECT body FROM note WHERE id = ?', [1]))[0],
        async () => (await pool.promise().query('SELECT body FROM note WHERE id = ?', [1]))[0],
        byStream,
      ];
      const loops = Array.from({ length: 8 }, (_, n) => loop(ways[n % 4]!));
      const more = async (number: number): Promise<void> => {
        const from = reads;
        await until('reads go on', () => reads >= from + number);
      };
      await more(200);
      await replica.kill();
      await more(400);
      await replica.start();
      await more(400);
      going = false;
      await Promise.all(loops);
      expect(failed).toEqual([]);
      await faces.nothingIsOut();
    },
    LIMIT_MS,
  );
});
