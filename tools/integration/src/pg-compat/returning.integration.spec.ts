import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { direct, until } from '../shop.fixture.js';
import { Faces, LIMIT_MS, type Routed } from './faces.fixture.js';

const PORT = 'SELECT inet_server_port() AS port';

describe('what comes back of a router, and what dies', () => {
  let faces: Faces;
  let pool: pg.Pool;

  beforeAll(async () => {
    faces = await Faces.start();
    await faces.prepare(
      'CREATE TABLE note (id serial PRIMARY KEY, body text)',
      "INSERT INTO note (body) VALUES ('first')",
    );
    pool = faces.face('the face of a router').pool;
  }, LIMIT_MS);

  afterAll(() => faces.stop(), LIMIT_MS);

  test('its session comes back clean', async () => {
    await faces.borrowed(async (client) => {
      await client.query('BEGIN');
      await client.query("INSERT INTO note (body) VALUES ('left open')");
      await client.query("SET application_name = 'left behind'");
      await client.query('SELECT pg_advisory_lock(7)');
    });
    await faces.borrowed(async (client) => {
      await client.query("INSERT INTO note (body) VALUES ('next')");
      expect(client.getTransactionStatus()).toBe('I');
      const { rows } = await client.query("SELECT current_setting('application_name') AS name");
      expect(rows).toEqual([{ name: expect.stringContaining('nest-pooling') }]);
    });
    const url = faces.cluster.primary.url;
    expect(await direct(url, "SELECT count(*)::int AS n FROM note WHERE body = 'left open'")).toEqual([
      { n: 0 },
    ]);
    expect(await direct(url, "SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory'")).toEqual([
      { n: 0 },
    ]);
  });

  test('release does not wait, and what was given is still done', async () => {
    const client = (await pool.connect()) as Routed;
    const writing = client.query("INSERT INTO note (body) VALUES ('late')");
    client.release();
    expect(() => client.release()).toThrow('already been released');
    expect(() => client.query(PORT)).toThrow('released');
    expect((await writing).rowCount).toBe(1);
    await faces.nothingIsOut();
  });

  test('release(true) closes the connection', async () => {
    const client = (await pool.connect()) as Routed;
    const { rows } = await client.query<{ pid: number }>(
      "INSERT INTO note (body) VALUES ('x') RETURNING pg_backend_pid() AS pid",
    );
    client.release(true);
    const { pid } = rows[0]!;
    const text = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE pid = ${pid}`;
    await until(
      'the server has let go',
      async () => (await direct(faces.cluster.primary.url, text))[0]!.n === 0,
    );
    await faces.borrowed(async (next) => {
      await next.query("INSERT INTO note (body) VALUES ('y')");
      expect(next.processID).not.toBe(pid);
    });
    await faces.nothingIsOut();
  });

  test(
    'no read fails while a replica dies, however it is asked',
    async () => {
      const replica = faces.cluster.replicas[0]!;
      let going = true;
      let reads = 0;
      const failed: unknown[] = [];
      const loop = async (read: () => Promise<{ rows: unknown[] }>): Promise<void> => {
        while (going) {
          const answer = await read().catch((error: unknown) => failed.push(error));
          if (typeof answer !== 'number' && answer.rows.length !== 1) failed.push(answer);
          reads++;
        }
      };
      const text = 'SELECT body FROM note WHERE id = 1';
      const byClient = async (): Promise<{ rows: unknown[] }> => {
        const client = await pool.connect();
        try {
          return await client.query(text);
        } finally {
          client.release();
        }
      };
      const loops = Array.from({ length: 8 }, (_, n) =>
        loop(n % 2 === 0 ? byClient : () => pool.query(text)),
      );
      const more = async (count: number): Promise<void> => {
        const from = reads;
        await until('reads go on', () => reads >= from + count);
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
