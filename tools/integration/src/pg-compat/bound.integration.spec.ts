import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { direct } from '../shop.fixture.js';
import { Faces, LIMIT_MS, type Routed } from './faces.fixture.js';

const PORT = 'SELECT inet_server_port() AS port';
const REPLICA = expect.stringMatching(/^shop\.replica-[12]$/);

describe('a client of a router', () => {
  let faces: Faces;

  beforeAll(async () => {
    faces = await Faces.start();
    await faces.prepare(
      'CREATE TABLE note (id serial PRIMARY KEY, body text)',
      "INSERT INTO note (body) VALUES ('first')",
      "CREATE FUNCTION jot(text) RETURNS int LANGUAGE sql AS 'INSERT INTO note (body) VALUES ($1) RETURNING id'",
    );
  }, LIMIT_MS);

  afterAll(() => faces.stop(), LIMIT_MS);

  const borrowed = <R>(work: (client: Routed) => Promise<R>): Promise<R> => faces.borrowed(work);

  /** Where the server says that it is. */
  async function nodeOf(client: Routed): Promise<string> {
    const { rows } = await client.query<{ port: number }>(PORT);
    const { primary, replicas } = faces.cluster;
    return [primary, ...replicas].find(({ port }) => port === rows[0]!.port)!.name;
  }

  test('has no connection until its first statement', () =>
    borrowed(async (client) => {
      expect(client).toBeInstanceOf(pg.Client);
      expect([client.node, client.getTransactionStatus()]).toEqual([undefined, 'I']);
      await client.query(PORT);
      expect(client.node).toEqual(REPLICA);
      expect(`shop.${await nodeOf(client)}`).toBe(client.node);
    }));

  test('stays on its replica while it reads', () =>
    borrowed(async (client) => {
      const nodes = new Set<string>();
      for (let n = 0; n < 10; n++) nodes.add(await nodeOf(client));
      expect(nodes.size).toBe(1);
      expect([...nodes]).not.toContain('primary');
    }));

  test('moves to the primary for a write, stays, and sees what it wrote', () =>
    borrowed(async (client) => {
      expect(await nodeOf(client)).not.toBe('primary');
      const { rows } = await client.query<{ id: number }>(
        "INSERT INTO note (body) VALUES ('x') RETURNING id",
      );
      expect(client.node).toBe('shop.primary');
      expect(await nodeOf(client)).toBe('primary');
      const found = await client.query('SELECT body FROM note WHERE id = $1', [rows[0]!.id]);
      expect(found.rows).toEqual([{ body: 'x' }]);
    }));

  test('runs in order what is not awaited, wherever it runs', () =>
    borrowed(async (client) => {
      const order: string[] = [];
      const run = async (name: string, text: string): Promise<void> => {
        await client.query(text);
        order.push(name);
      };
      await Promise.all([
        run('read', PORT),
        run('write', "INSERT INTO note (body) VALUES ('in order')"),
        run('read again', PORT),
        run('begin', 'BEGIN'),
        run('write again', "INSERT INTO note (body) VALUES ('in order')"),
        run('rollback', 'ROLLBACK'),
      ]);
      expect(order).toEqual(['read', 'write', 'read again', 'begin', 'write again', 'rollback']);
      expect(client.node).toBe('shop.primary');
    }));

  test.each(['BEGIN', 'begin isolation level serializable', '/* app */ START TRANSACTION'])(
    'is on the primary from %s to COMMIT',
    (begin) =>
      borrowed(async (client) => {
        expect(await nodeOf(client)).not.toBe('primary');
        await client.query(begin);
        expect(await nodeOf(client)).toBe('primary');
        await client.query('COMMIT');
      }),
  );

  test('may read in a transaction on a replica, and cannot write there', () =>
    borrowed(async (client) => {
      await client.query('BEGIN READ ONLY');
      expect(await nodeOf(client)).not.toBe('primary');
      const refused = client.query("INSERT INTO note (body) VALUES ('no')");
      await expect(refused).rejects.toMatchObject({ code: '25006' });
      expect(client.getTransactionStatus()).toBe('E');
      await expect(client.query(PORT)).rejects.toMatchObject({ code: '25P02' });
      await client.query('ROLLBACK');
      await client.query("INSERT INTO note (body) VALUES ('yes')");
      expect(client.node).toBe('shop.primary');
    }));

  test('keeps the state of its session', () =>
    borrowed(async (client) => {
      await client.query(PORT);
      await client.query("SET work_mem = '3MB'");
      expect((await client.query('SHOW work_mem')).rows).toEqual([{ work_mem: '3MB' }]);
      await client.query('CREATE TEMP TABLE mine (n int)');
      expect((await client.query('SELECT count(*)::int AS n FROM mine')).rows).toEqual([{ n: 0 }]);
      expect(client.node).toBe('shop.primary');
      const heard = new Promise((resolve) => client.once('notification', resolve));
      await client.query('LISTEN here');
      await client.query("SELECT pg_notify('here', 'hello')");
      expect(await heard).toMatchObject({ channel: 'here', payload: 'hello' });
    }));

  test('a read that turns out to write runs on the primary, and the pool remembers it', async () => {
    await borrowed(async (client) => {
      await client.query(PORT);
      expect((await client.query("SELECT jot('once') AS id")).rows).toHaveLength(1);
      expect(client.node).toBe('shop.primary');
    });
    await borrowed(async (client) => {
      await client.query("SELECT jot('once') AS id");
      expect(client.node).toBe('shop.primary');
    });
    const jotted = await direct(
      faces.cluster.primary.url,
      "SELECT count(*)::int AS n FROM note WHERE body = 'once'",
    );
    expect(jotted).toEqual([{ n: 2 }]);
  });

  test('reads by a cursor and as a stream on a replica', () =>
    borrowed(async (client) => {
      const cursor = client.query(new Cursor<{ n: number }>('SELECT generate_series(1, 5) AS n'));
      expect(await cursor.read(3)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
      await cursor.close();
      expect(client.node).toEqual(REPLICA);
      let rows = 0;
      for await (const row of client.query(new QueryStream('SELECT generate_series(1, 250) AS n')))
        rows += row === undefined ? 0 : 1;
      expect(rows).toBe(250);
      expect(client.node).toEqual(REPLICA);
    }));
});
