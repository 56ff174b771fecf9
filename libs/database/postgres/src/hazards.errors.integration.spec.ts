import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { first, reasons, Shop, times } from './face.fixture.js';
import { LIMIT_MS } from './servers.fixture.js';

let shop: Shop;

beforeAll(async () => {
  shop = await Shop.start();
  await shop.watcher.query(
    `CREATE FUNCTION raise(code text) RETURNS int LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION USING ERRCODE = code, MESSAGE = 'raised'; END $$`,
  );
}, LIMIT_MS);

afterEach(() => shop.pool?.close());

afterAll(() => shop?.stop(), LIMIT_MS);

/** Statements that the server refuses with a code that sounds like the end of the connection, or of the server. */
const WRONG: readonly (readonly [string, readonly unknown[], string])[] = [
  ['SELECT $1::int AS n', [1, 2], '08P01'],
  ['SELECT raise($1)', ['08006'], '08006'],
  ['SELECT raise($1)', ['57P01'], '57P01'],
  ['SELECT raise($1)', ['57P05'], '57P05'],
  ['SELECT raise($1)', ['53300'], '53300'],
  ['SELECT raise($1)', ['28000'], '28000'],
  ['SELECT raise($1)', ['3D000'], '3D000'],
  ['SELECT raise($1)', ['25P03'], '25P03'],
];

describe('an error of one statement', () => {
  it.each(WRONG)(
    '%j %j (%s) is the error of that one, whatever its code says',
    async (text, params, sqlState) => {
      const pool = await shop.open({ pool: { min: 1, max: 2 } });
      await times(50, shop.byId);
      const settled = await times(300, async (n) => {
        if (n % 10 !== 0) return shop.byId(n);
        await expect(pool.query(text, params)).rejects.toMatchObject({
          code: 'SQL_STATEMENT_FAILED',
          sqlState,
        });
      });
      expect(reasons(settled)).toEqual([]);
    },
  );

  it('costs a transaction nothing but its end: it is rolled back, and the session is lent again', async () => {
    const pool = await shop.open({ pool: { min: 1, max: 1 } });
    const pid = await first(pool, 'SELECT pg_backend_pid()');
    for (const [text, params, sqlState] of WRONG) {
      const failing = pool.transaction(async (tx) => {
        await tx.query('UPDATE item SET n = -1 WHERE id = 1');
        await tx.query(text, params);
      });
      await expect(failing).rejects.toMatchObject({ code: 'SQL_STATEMENT_FAILED', sqlState });
    }
    await expect(pool.query('DROP DATABASE nowhere')).rejects.toMatchObject({ code: 'SQL_STATEMENT_FAILED' });
    expect(await first(pool, 'SELECT pg_backend_pid()')).toBe(pid);
    expect(await first(pool, 'SELECT n FROM item WHERE id = 1')).toBe(0);
  });

  it('that ends its session costs its neighbours an error of their own, and nobody else anything', async () => {
    const pool = await shop.open({ pool: { min: 1, max: 4 } });
    await times(50, shop.byId);
    await shop.watcher.query(
      `CREATE FUNCTION leave() RETURNS bool LANGUAGE sql AS 'SELECT pg_terminate_backend(pg_backend_pid())'`,
    );
    const settled = await times(300, (n) =>
      n === 150 ? pool.query('SELECT leave()').then(() => {}) : shop.byId(n),
    );
    const lost = reasons(settled);
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.length).toBeLessThanOrEqual(16);
    expect(new Set(lost).size).toBe(lost.length);
    for (const error of lost) {
      expect(error).toMatchObject({ code: 'SQL_CONNECTION_LOST', fault: { outcome: 'rolled-back' } });
    }
    expect(reasons(await times(300, shop.byId))).toEqual([]);
  });
});

describe('names that the server would cut', () => {
  it('stand for their own texts, prepared or being prepared', async () => {
    const pool = await shop.open({ pool: { min: 1, max: 2 } });
    const name = (n: number): string => `${'é'.repeat(50)}${n % 7}`;
    for (let round = 0; round < 3; round++) {
      const settled = await times(200, async (n) => {
        const { rows } = await pool.query(`SELECT ${n % 7} AS n, $1::int AS m`, [n], { name: name(n) });
        expect(rows).toEqual([{ n: n % 7, m: n }]);
      });
      expect(reasons(settled)).toEqual([]);
    }
  });
});
