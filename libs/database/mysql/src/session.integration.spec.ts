import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LIMIT_MS, Servers, value } from './servers.fixture.js';
import type { MysqlSession } from './session.js';

let servers: Servers;
let primary: Servers['primary'];

beforeAll(async () => {
  servers = await Servers.start();
  ({ primary } = servers);
}, LIMIT_MS);

afterAll(() => servers?.stop(), LIMIT_MS);

describe('executing', () => {
  it('answers rows as objects or arrays, by either protocol, with the same values', async () => {
    const session = await servers.open(primary);
    const row = { n: 7, big: '18446744073709551615', d: '12.50', t: 'tea', j: { a: 1 }, nothing: null };
    const columns = `7 AS n, 18446744073709551615 AS big, 12.50 AS d, 'tea' AS t, NULL AS nothing`;
    for (const [text, params] of [
      [`SELECT ${columns}`, undefined],
      [`SELECT ${columns} FROM numbers WHERE n = ?`, [5]],
    ] as const) {
      const { j: _, ...plain } = row;
      const result = await session.execute({ text, ...(params && { params }) });
      expect(result).toMatchObject({ rows: [plain], rowCount: 1, command: 'SELECT' });
      expect(result.fields.map(({ name }) => name)).toEqual(['n', 'big', 'd', 't', 'nothing']);
      const arrays = await session.execute({ text, ...(params && { params }), rowMode: 'array' });
      expect(arrays.rows).toEqual([[7, '18446744073709551615', '12.50', 'tea', null]]);
    }
    expect(await session.execute({ text: 'DO 1' })).toMatchObject({
      rows: [],
      rowCount: null,
      command: 'DO',
    });
  });

  it('tells rows that changed, and the first id that was given', async () => {
    const session = await servers.open(primary);
    const text = 'INSERT INTO notes (body) VALUES (?), (?)';
    const { rowCount, insertId, rows } = await session.execute({ text, params: ['a', 'b'] });
    expect([rowCount, rows]).toEqual([2, []]);
    expect(await value(session, 'SELECT body FROM notes WHERE id = ?', [insertId])).toBe('a');
    // Rows that were found, as on other servers, whether or not anything in them is new.
    const same = { text: `UPDATE notes SET body = 'a' WHERE id = ?`, params: [insertId] };
    expect(await session.execute(same)).toMatchObject({ rowCount: 1, command: 'UPDATE' });
    const returning = { text: 'INSERT INTO notes (body) VALUES (?) RETURNING body', params: ['c'] };
    expect(await session.execute(returning)).toMatchObject({ rows: [{ body: 'c' }], rowCount: 1 });
  });

  it('sends values as what they are', async () => {
    const session = await servers.open(primary);
    const at = new Date('2026-01-02T03:04:05.678Z');
    const text =
      'SELECT ? AS number, ? AS yes, ? AS nothing, HEX(?) AS bytes, JSON_VALUE(?, ?) AS json, ? AS big';
    const params = [1.5, true, undefined, new Uint8Array([1, 255]), { a: 'b' }, '$.a', 2n ** 63n];
    expect((await session.execute({ text, params })).rows).toEqual([
      { number: 1.5, yes: 1, nothing: null, bytes: '01FF', json: 'b', big: '9223372036854775808' },
    ]);
    expect(await value(session, 'SELECT CAST(? AS datetime(3))', [at])).toEqual(at);
    expect(await value(session, 'SELECT CAST(CAST(? AS datetime(3)) AS char)', [at])).toBe(
      '2026-01-02 03:04:05.678',
    );
    expect(await value(session, 'SELECT n FROM numbers LIMIT ?', [1])).toBe(1);
    expect(await value(session, 'SELECT ?', ['naïve 🍵'])).toBe('naïve 🍵');
  });

  it('refuses what does not fit the statement, and goes on', async () => {
    const session = await servers.open(primary);
    for (const params of [[], [1, 2]]) {
      const refused = session.execute({ text: 'SELECT ? AS a', name: 'a', params });
      await expect(refused).rejects.toMatchObject({ code: 'SQL_PARAMETERS_INVALID' });
    }
    await expect(session.execute({ text: 'SELECT ?', params: [[1, 2]] })).rejects.toThrow(/is an array/);
    expect(await value(session, 'SELECT ?', [3])).toBe(3);
    await expect(session.execute({ text: 'SELECT 1; SELECT 2' })).rejects.toMatchObject({ errno: 1064 });
  });

  it('keeps a bounded number of prepared statements, and prepares again what the server has forgotten', async () => {
    const session = await servers.open(primary, 'write', { preparedStatements: 3 });
    const count = (): Promise<unknown> =>
      value(
        session,
        `SELECT variable_value FROM information_schema.session_status WHERE variable_name = 'Prepared_stmt_count'`,
      );
    const before = Number(await count());
    for (let at = 0; at < 30; at++) {
      const { rows } = await session.execute({ text: `SELECT ? + ${at} AS sum`, params: [1] });
      expect(rows).toEqual([{ sum: at + 1 }]);
    }
    expect(Number(await count()) - before).toBeLessThanOrEqual(3);
    const text = 'SELECT n FROM numbers WHERE n = ?';
    await session.execute({ text, params: [1] });
    // Behind the session's back.
    await new Promise((resolve) => session.client.reset(resolve));
    expect((await session.execute({ text, params: [2] })).rows).toEqual([{ n: 2 }]);
  });

  it('puts values into the text of what no server prepares', async () => {
    const session = await servers.open(primary);
    const unknown = session.execute({ text: 'SHOW BINLOG EVENTS IN ? LIMIT 1', params: ["no'where"] });
    await expect(unknown).rejects.toMatchObject({ sqlState: expect.any(String) });
    expect(await value(session, 'SELECT 1')).toBe(1);
  });

  it('keeps one row more than allowed at the most', async () => {
    const session = await servers.open(primary);
    for (const statement of [
      { text: 'SELECT n FROM numbers' },
      { text: 'SELECT n FROM numbers WHERE n > ?', params: [0] },
    ]) {
      expect((await session.execute({ ...statement, maxRows: 10 })).rows).toHaveLength(11);
      expect((await session.execute(statement)).rows).toHaveLength(10_000);
    }
    const insert = { text: 'INSERT INTO notes (body) VALUES (?)', params: ['x'], maxRows: 10 };
    expect(await session.execute(insert)).toMatchObject({ rowCount: 1, insertId: expect.any(Number) });
  });

  it('answers a procedure with its last rows', async () => {
    const session = await servers.open(primary);
    await session.execute({
      text: 'CREATE PROCEDURE two(IN x int) BEGIN SELECT 1 AS a; SELECT x AS b; SET @left = x; END',
    });
    expect(await session.execute({ text: 'CALL two(5)' })).toMatchObject({
      rows: [{ b: 5 }],
      command: 'CALL',
    });
    expect(await session.execute({ text: 'CALL two(?)', params: [6] })).toMatchObject({ rows: [{ b: 6 }] });
    expect(session.state).toBe('idle');
  });

  it('runs one statement at a time', async () => {
    const session = await servers.open(primary);
    const first = session.execute({ text: 'SELECT 1 AS a' });
    await expect(session.execute({ text: 'SELECT 2' })).rejects.toMatchObject({ code: 'SQL_SESSION_BUSY' });
    expect((await first).rows).toEqual([{ a: 1 }]);
  });
});

describe('transactions', () => {
  it('are known by the status in every answer', async () => {
    const session = await servers.open(primary);
    await session.execute({ text: 'BEGIN' });
    expect(session.state).toBe('in-transaction');
    await expect(session.execute({ text: 'SELECT * FROM nowhere' })).rejects.toMatchObject({ errno: 1146 });
    expect(session.state).toBe('in-transaction');
    await session.commit();
    expect(session.state).toBe('idle');
    // What the statement itself does not tell, its rows do.
    await session.execute({ text: 'SET autocommit = 0' });
    await session.execute({ text: 'SELECT n FROM numbers LIMIT 1' });
    expect(session.state).toBe('in-transaction');
    await session.reset();
    expect(session.state).toBe('idle');
    expect(await value(session, 'SELECT @@autocommit')).toBe(1);
  });

  it.each([
    // What others have committed since its first read is seen at one level, and not at the other.
    ['BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY', 1],
    ['BEGIN READ ONLY, DEFERRABLE', 0],
    ['BEGIN ISOLATION LEVEL REPEATABLE READ', 0],
  ])('begin as %s', async (text, seen) => {
    const [session, other] = await Promise.all([servers.open(primary), servers.open(primary)]);
    const count = (): Promise<unknown> => value(session, 'SELECT count(*) FROM notes');
    await session.execute({ text });
    expect(session.state).toBe('in-transaction');
    const before = (await count()) as number;
    await other.execute({ text: `INSERT INTO notes (body) VALUES ('o')` });
    expect(await count()).toBe(before + seen);
    const write = session.execute({ text: `INSERT INTO notes (body) VALUES ('w')` });
    const refused: unknown = await write.then(
      () => undefined,
      (error: { errno: number }) => error.errno,
    );
    expect(refused).toBe(text.includes('READ ONLY') ? 1792 : undefined);
    await session.execute({ text: 'ROLLBACK' });
    // For that transaction only.
    expect(await value(session, 'SELECT @@tx_isolation')).toBe('REPEATABLE-READ');
    await session.execute({ text: `INSERT INTO notes (body) VALUES ('w')` });
  });

  it('a deadlock ends its transaction: nothing that comes after it is done by itself', async () => {
    const [a, b] = await Promise.all([servers.open(primary), servers.open(primary)]);
    await a.execute({ text: `INSERT INTO notes (id, body) VALUES (1001, 'a'), (1002, 'b')` });
    for (const session of [a, b]) await session.execute({ text: 'BEGIN' });
    const lock = (session: MysqlSession, id: number): Promise<unknown> =>
      session.execute({ text: `UPDATE notes SET body = 'new' WHERE id = ?`, params: [id] });
    await lock(a, 1001);
    await lock(b, 1002);
    const settled = await Promise.allSettled([lock(a, 1002), lock(b, 1001)]);
    const loser = settled[0].status === 'rejected' ? a : b;
    const winner = loser === a ? b : a;
    expect(settled.filter(({ status }) => status === 'rejected')).toMatchObject([
      { reason: { errno: 1213 } },
    ]);
    expect(loser.state).toBe('failed');
    for (const text of [`INSERT INTO notes (id, body) VALUES (1003, 'stray')`, 'ROLLBACK TO SAVEPOINT x']) {
      await expect(loser.execute({ text })).rejects.toMatchObject({ code: 'SQL_TRANSACTION_ROLLED_BACK' });
    }
    await expect(loser.commit()).rejects.toMatchObject({ code: 'SQL_COMMIT_ROLLED_BACK' });
    expect(loser.state).toBe('idle');
    await winner.commit();
    expect(await value(loser, 'SELECT count(*) FROM notes WHERE id = 1003')).toBe(0);
    expect(await value(loser, `SELECT count(*) FROM notes WHERE body = 'new'`)).toBe(2);
  });
});
