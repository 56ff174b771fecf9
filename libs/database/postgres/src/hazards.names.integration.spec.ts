import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { first, reasons, Shop, times } from './face.fixture.js';
import { LIMIT_MS } from './servers.fixture.js';

let shop: Shop;

beforeAll(async () => {
  shop = await Shop.start();
}, LIMIT_MS);

afterEach(() => shop.pool?.close());

afterAll(() => shop?.stop(), LIMIT_MS);

describe('names', () => {
  it('a first Parse that fails fails only those with the error, each by itself; the name is free afterwards', async () => {
    const pool = await shop.open();
    await times(20, shop.byId);
    const settled = await times(30, () => pool.query('SELECT nonsense', [], { name: 'bad' }));
    const all = reasons(settled);
    expect(all).toHaveLength(30);
    expect(new Set(all).size).toBe(30);
    expect(all.every((error) => (error as { sqlState?: string }).sqlState === '42703')).toBe(true);
    await shop.watcher.query('ALTER TABLE item ADD COLUMN nonsense int');
    const good = await times(30, () => pool.query('SELECT nonsense FROM item LIMIT 1', [], { name: 'good' }));
    expect(reasons(good)).toEqual([]);
    await shop.watcher.query('ALTER TABLE item DROP COLUMN nonsense');
  });

  it('DDL under named statements, and names that a user has thrown away, fail no autocommit statement', async () => {
    const pool = await shop.open({ prepareAfter: 0 });
    await pool.query('CREATE TABLE shifting (id int, a int)');
    await pool.query('INSERT INTO shifting VALUES (1, 1)');
    let over = false;
    const readers = times(16, async (n) => {
      while (!over) {
        const { rows } = await pool.query('SELECT * FROM shifting', [], n % 2 === 0 ? { name: 'star' } : {});
        expect(rows).toHaveLength(1);
      }
    });
    for (let n = 0; n < 10; n++) {
      await shop.watcher.query(`ALTER TABLE shifting ADD COLUMN c${n} int`);
      await shop.watcher.query(`ALTER TABLE shifting ALTER COLUMN a TYPE ${n % 2 === 0 ? 'bigint' : 'int'}`);
    }
    over = true;
    expect(reasons(await readers)).toEqual([]);
    for (const text of ['DEALLOCATE ALL', 'DISCARD ALL']) {
      await pool.use(async (connection) => {
        await connection.query('SELECT 1 AS a', [], { name: 'mine' });
        await connection.query(text);
        expect((await connection.query('SELECT 1 AS a', [], { name: 'mine' })).rows).toEqual([{ a: 1 }]);
      });
    }
  });

  it('a column that has another type takes what fits the new one, also where the old one is still prepared', async () => {
    const pool = await shop.open({ prepareAfter: 0 });
    await pool.query('CREATE TABLE retyped (id int, note text)');
    const insert = (id: string, note: string) =>
      pool.query('INSERT INTO retyped VALUES ($1, $2)', [id, note]).then(({ rowCount }) => rowCount);
    const find = (id: string) => pool.query('SELECT id::text FROM retyped WHERE id = $1', [id]);
    // On every session that there is.
    const warm = () => times(60, async (n) => void (await (n % 2 === 0 ? insert('1', '"x"') : find('1'))));
    expect(reasons(await warm())).toEqual([]);
    await shop.watcher.query('ALTER TABLE retyped ALTER COLUMN id TYPE bigint');
    const big = '3000000000';
    expect(reasons(await times(20, () => insert(big, '"x"')))).toEqual([]);
    expect(reasons(await times(20, async () => expect((await find(big)).rows).toHaveLength(20)))).toEqual([]);
    expect(reasons(await warm())).toEqual([]);
    await shop.watcher.query('ALTER TABLE retyped ALTER COLUMN id TYPE text');
    await shop.watcher.query('ALTER TABLE retyped ALTER COLUMN note TYPE jsonb USING note::jsonb');
    expect(reasons(await warm())).toEqual([]);
    expect(reasons(await times(20, () => insert('a', '{"a": 1}')))).toEqual([]);
    expect((await find('a')).rows).toHaveLength(20);
    await expect(insert('a', 'no JSON')).rejects.toMatchObject({ sqlState: '22P02' });
    // In a transaction nothing can be sent again: the error is the server's own.
    const statement = { name: 'find' };
    await pool.use(async (connection) => {
      const run = () => connection.query('SELECT note FROM retyped WHERE id = $1', ['a'], statement);
      await run();
      await shop.watcher.query('ALTER TABLE retyped ALTER COLUMN note TYPE text');
      await expect(connection.transaction(run)).rejects.toMatchObject({ sqlState: '0A000' });
      expect((await connection.transaction(run)).rows).toHaveLength(20);
    });
  });

  it('names are kept apart however long, and whatever is in them; columns that change are read as they are', async () => {
    const pool = await shop.open({ pool: { max: 2 } });
    await times(20, shop.byId);
    const names = ['a', 'b', 'c'].map((end) => `${'long '.repeat(20)}${end}`);
    const settled = await times(300, async (n) => {
      const name = names[n % 3]!;
      expect((await pool.query(`SELECT ${n % 3} AS n`, [], { name })).rows).toEqual([{ n: n % 3 }]);
    });
    expect(reasons(settled)).toEqual([]);
    expect((await pool.query('SELECT 1 AS n', [], { name: 'zero\0' })).rows).toEqual([{ n: 1 }]);
    await pool.transaction(async (tx) => {
      for (const [text, row] of [
        ['SELECT 1 AS a, 2 AS b', { a: 1, b: 2 }],
        [`SELECT 'x' AS c`, { c: 'x' }],
      ] as const) {
        await tx.query(`DECLARE moving CURSOR FOR ${text}`);
        expect((await tx.query('FETCH ALL FROM moving', [], { name: 'fetch' })).rows).toEqual([row]);
        await tx.query('CLOSE moving');
      }
    });
  });

  it('a text with a NUL character is refused, and its neighbours never know', async () => {
    const pool = await shop.open({ pool: { max: 2 } });
    const settled = await times(400, async (n) => {
      if (n % 10 !== 0) return shop.byId(n);
      const params = n % 20 === 0 ? [] : [1];
      const bad = pool.query('SELECT 1 AS "a\0b" -- $1', params, n % 3 === 0 ? { name: 'bad' } : {});
      await expect(bad).rejects.toMatchObject({ cause: { code: 'SQL_TEXT_INVALID' } });
    });
    expect(reasons(settled)).toEqual([]);
  });

  it('a constraint that fails does not make a statement unknown', async () => {
    const pool = await shop.open({ prepareAfter: 0, pool: { max: 1 } });
    const insert = () => pool.query('INSERT INTO item (id) VALUES ($1)', [1]);
    const prepared = `SELECT prepare_time::text FROM pg_prepared_statements WHERE statement LIKE 'INSERT INTO item%'`;
    await expect(insert()).rejects.toMatchObject({ sqlState: '23505' });
    // The first one was not known to be there.
    await expect(insert()).rejects.toMatchObject({ sqlState: '23505' });
    await pool.query('INSERT INTO item (id) VALUES ($1)', [1_001]);
    const when = await first(pool, prepared);
    expect(when).toEqual(expect.any(String));
    await expect(insert()).rejects.toMatchObject({ sqlState: '23505' });
    await pool.query('INSERT INTO item (id) VALUES ($1)', [1_002]);
    expect(await first(pool, prepared)).toBe(when);
    await pool.query('DELETE FROM item WHERE id > 1000');
  });

  it('two texts under one name are refused; more names than are kept are no trouble', async () => {
    const pool = await shop.open({ session: { preparedStatements: 4 }, pool: { max: 2 } });
    const settled = await times(400, async (n) => {
      const { rows } = await pool.query(`SELECT ${n % 50} AS n`, [], { name: `n${n % 50}` });
      expect(rows).toEqual([{ n: n % 50 }]);
    });
    expect(reasons(settled)).toEqual([]);
    await pool.use(async (connection) => {
      expect(
        (await connection.query('SELECT count(*)::int AS n FROM pg_prepared_statements')).rows[0],
      ).toMatchObject({ n: expect.any(Number) });
      await connection.query('SELECT 1', [], { name: 'twice' });
      await expect(connection.query('SELECT 2', [], { name: 'twice' })).rejects.toMatchObject({
        cause: { code: 'SQL_STATEMENT_NAME' },
      });
    });
  });
});
