import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import mysql2, { type PoolConnection } from 'mysql2';
import { createConnection } from 'mysql2/promise';
import { borrow, direct, Faces, LIMIT_MS, type Routed } from './faces.fixture.js';

const PORT = 'SELECT @@port AS port';
const REPLICA = expect.stringMatching(/^shop\.replica-[12]$/);
const INSERT = "INSERT INTO note (body) VALUES ('x')";

describe('a connection of a router', () => {
  let faces: Faces;

  beforeAll(async () => {
    faces = await Faces.start();
    await faces.prepare(
      'CREATE TABLE note (id int AUTO_INCREMENT PRIMARY KEY, body text)',
      "INSERT INTO note (body) VALUES ('first')",
      'CREATE FUNCTION jot(b text) RETURNS int DETERMINISTIC MODIFIES SQL DATA BEGIN INSERT INTO note (body) VALUES (b); RETURN 1; END',
    );
  }, LIMIT_MS);

  afterAll(() => faces.stop(), LIMIT_MS);

  const borrowed = <R>(work: (connection: Routed) => Promise<R>): Promise<R> => faces.borrowed(work);

  async function query(
    connection: PoolConnection,
    sql: string,
    values?: unknown[],
  ): Promise<Record<string, unknown>[]> {
    return (await connection.promise().query(sql, values))[0] as Record<string, unknown>[];
  }

  /** Where the server says that it is. */
  async function nodeOf(connection: Routed): Promise<string> {
    const [row] = await query(connection, PORT);
    const { primary, replicas } = faces.cluster;
    return [primary, ...replicas].find(({ port }) => port === row!.port)!.name;
  }

  test('has no session until its first statement', () =>
    borrowed(async (connection) => {
      expect(connection).toBeInstanceOf(mysql2.Connection);
      expect([connection.node, connection.threadId]).toEqual([undefined, null]);
      await query(connection, PORT);
      expect(connection.node).toEqual(REPLICA);
      expect(`shop.${await nodeOf(connection)}`).toBe(connection.node);
      expect(connection.threadId).toEqual(expect.any(Number));
    }));

  test('stays on its replica while it reads', () =>
    borrowed(async (connection) => {
      const nodes = new Set<string>();
      for (let n = 0; n < 10; n++) nodes.add(await nodeOf(connection));
      await connection.promise().ping();
      await connection.promise().execute('SELECT ? AS a', [1]);
      expect(connection.node).toEqual(REPLICA);
      expect(nodes.size).toBe(1);
      expect([...nodes]).not.toContain('primary');
    }));

  test('moves to the primary for a write, stays, and sees what it wrote', () =>
    borrowed(async (connection) => {
      expect(await nodeOf(connection)).not.toBe('primary');
      const [{ insertId }] = (await connection.promise().query(INSERT)) as unknown as [{ insertId: number }];
      expect(connection.node).toBe('shop.primary');
      expect(await nodeOf(connection)).toBe('primary');
      expect(await query(connection, 'SELECT body FROM note WHERE id = ?', [insertId])).toEqual([
        { body: 'x' },
      ]);
    }));

  test('runs in order what is not awaited, wherever it runs', () =>
    borrowed(async (connection) => {
      const order: string[] = [];
      const run = async (name: string, text: string): Promise<void> => {
        await connection.promise().query(text);
        order.push(name);
      };
      await Promise.all([
        run('read', PORT),
        run('write', INSERT),
        run('read again', PORT),
        run('begin', 'BEGIN'),
        run('write again', INSERT),
        run('rollback', 'ROLLBACK'),
      ]);
      expect(order).toEqual(['read', 'write', 'read again', 'begin', 'write again', 'rollback']);
      expect(connection.node).toBe('shop.primary');
    }));

  test.each([
    'BEGIN',
    'begin work',
    '/* app */ START TRANSACTION',
    'SET TRANSACTION ISOLATION LEVEL READ COMMITTED',
    'SET autocommit = 0',
    'LOCK TABLES note WRITE',
    "SELECT GET_LOCK('mine', 1)",
    'SET @mine = 5',
    'CREATE TEMPORARY TABLE mine (n int)',
  ])('is on the primary from %s on', (first) =>
    borrowed(async (connection) => {
      expect(await nodeOf(connection)).not.toBe('primary');
      await query(connection, first);
      expect(await nodeOf(connection)).toBe('primary');
    }),
  );

  test('a level that was set before a transaction holds in it, and in no other', async () => {
    const writer = await createConnection(faces.cluster.primary.url);
    await writer.query('BEGIN');
    await writer.query("INSERT INTO note (body) VALUES ('not committed')");
    const seen = async (connection: Routed): Promise<unknown> => {
      await query(connection, 'START TRANSACTION');
      const rows = await query(connection, "SELECT id FROM note WHERE body = 'not committed'");
      await query(connection, 'ROLLBACK');
      return rows.length;
    };
    const level = 'SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED';
    await borrowed(async (connection) => {
      await query(connection, level);
      expect(await seen(connection)).toBe(1);
      expect(await seen(connection)).toBe(0);
      // For a transaction that never comes.
      await query(connection, level);
    });
    await borrowed(async (connection) => expect(await seen(connection)).toBe(0));
    await writer.end();
  });

  test('may read in a transaction on a replica, and cannot write there', () =>
    borrowed(async (connection) => {
      await query(connection, 'START TRANSACTION READ ONLY');
      expect(await nodeOf(connection)).not.toBe('primary');
      await expect(query(connection, INSERT)).rejects.toThrow(/read[- ]only/i);
      expect(await nodeOf(connection)).not.toBe('primary');
      await query(connection, 'ROLLBACK');
      await query(connection, INSERT);
      expect(connection.node).toBe('shop.primary');
    }));

  test('keeps the state of its session', () =>
    borrowed(async (connection) => {
      await query(connection, PORT);
      await query(connection, 'SET @mine = 5');
      expect(await query(connection, 'SELECT @mine AS mine')).toEqual([{ mine: 5 }]);
      await query(connection, 'CREATE TEMPORARY TABLE mine (n int)');
      expect(await query(connection, 'SELECT count(*) AS n FROM mine')).toEqual([{ n: 0 }]);
      expect(connection.node).toBe('shop.primary');
    }));

  test('a statement that is prepared by hand stays where it was prepared', () =>
    borrowed(async (connection) => {
      const statement = await connection.promise().prepare('SELECT ? AS a, @@port AS port');
      const { port } = faces.cluster.primary;
      expect((await statement.execute([5]))[0]).toEqual([{ a: 5, port }]);
      await statement.close();
    }));

  test('a read that turns out to write runs on the primary, and the pool remembers it', async () => {
    const jot = "SELECT jot('once') AS n";
    await borrowed(async (connection) => {
      await query(connection, PORT);
      expect(await query(connection, jot)).toEqual([{ n: 1 }]);
      expect(connection.node).toBe('shop.primary');
    });
    await borrowed(async (connection) => {
      await query(connection, jot);
      expect(connection.node).toBe('shop.primary');
    });
    const jotted = await direct(
      faces.cluster.primary.url,
      "SELECT count(*) AS n FROM note WHERE body = 'once'",
    );
    expect(jotted).toEqual([{ n: 2 }]);
  });

  test('reads as a stream on a replica, and holds the server up while its reader is slow', () =>
    borrowed(async (connection) => {
      const rows: unknown[] = [];
      const stream = connection.query('SELECT seq FROM seq_1_to_20000').stream({ highWaterMark: 5 });
      for await (const row of stream) {
        rows.push(row);
        if (rows.length === 10) await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(rows).toHaveLength(20_000);
      expect(connection.node).toEqual(REPLICA);
    }));

  test('its caller may be slower than its first statement', async () => {
    const { pool } = faces.face('the face of a router');
    const connection = await borrow(pool);
    const command = connection.query('SELECT seq FROM seq_1_to_3');
    const seen: unknown[] = [];
    command.on('result', (row: { seq: number }) => seen.push(row.seq));
    await new Promise<void>((resolve) => command.on('end', () => resolve()));
    connection.release();
    expect(seen).toEqual([1, 2, 3]);
    await faces.nothingIsOut();
  });
});
