import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemEnv, type Managed } from '@nest-pooling/core';
import type { SqlPool } from '@nest-pooling/sql';
import { mysql } from './definition.js';
import { insertMany } from './insert-many.js';
import { LIMIT_MS, Servers } from './servers.fixture.js';

let servers: Servers;
let pool: SqlPool & Managed;

beforeAll(async () => {
  servers = await Servers.start();
  pool = mysql({ primary: { url: servers.primary.url }, pool: { max: 3 } }).open('shop', systemEnv) as never;
  await pool.start();
  await pool.query(
    'CREATE TABLE item (id int AUTO_INCREMENT PRIMARY KEY, sku varchar(50) UNIQUE, cents int DEFAULT 7, doc json)',
  );
}, LIMIT_MS);

afterAll(async () => {
  await pool?.close();
  await servers?.stop();
}, LIMIT_MS);

const count = async (like: string): Promise<unknown> =>
  (await pool.query('SELECT count(*) AS n FROM item WHERE sku LIKE ?', [like])).rows[0]!.n;

describe('insertMany', () => {
  it('inserts objects and arrays, in as many statements as they need, all or none', async () => {
    const rows = Array.from({ length: 1_234 }, (_, at) => ({ sku: `a${at}`, cents: at, doc: { at } }));
    expect(await insertMany(pool, 'item', rows)).toMatchObject({ rowCount: 1_234, node: 'shop.primary' });
    expect(await count('a%')).toBe(1_234);
    expect((await pool.query('SELECT cents, doc FROM item WHERE sku = ?', ['a77'])).rows).toEqual([
      { cents: 77, doc: { at: 77 } },
    ]);
    const twice = [...Array.from({ length: 900 }, (_, at) => [`b${at}`]), ['b5']];
    await expect(insertMany(pool, 'item', twice, { columns: ['sku'] })).rejects.toMatchObject({
      kind: 'unique-violation',
    });
    expect(await count('b%')).toBe(0);
    const ignored = await insertMany(pool, ['app', 'item'], twice, {
      columns: ['sku'],
      onConflict: 'ignore',
    });
    expect(ignored.rowCount).toBe(900);
    expect((await pool.query('SELECT cents FROM item WHERE sku = ?', ['b5'])).rows).toEqual([{ cents: 7 }]);
  });

  it('takes rows from a generator, within a transaction too, and answers what was asked for', async () => {
    async function* rows(): AsyncGenerator<{ sku: string }> {
      for (let at = 0; at < 3; at++) yield { sku: `c${at}` };
    }
    await expect(
      pool.transaction(async (tx) => {
        const { rows: back } = await insertMany<{ sku: string }>(tx, 'item', rows(), { returning: ['sku'] });
        expect(back).toEqual([{ sku: 'c0' }, { sku: 'c1' }, { sku: 'c2' }]);
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect(await count('c%')).toBe(0);
    expect(await insertMany(pool, 'item', [])).toEqual({ rowCount: 0, rows: [], node: undefined });
  });

  it('refuses what does not fit, before anything is there', async () => {
    await expect(insertMany(pool, '', [{ a: 1 }], { colums: [] } as never)).rejects.toThrow(
      /table.*\n.*|colums/s,
    );
    await expect(insertMany(pool, 'item', [['x']])).rejects.toThrow(/columns: must be given/);
    await expect(insertMany(pool, 'item', [{ sku: 'd1' }, { sku: 'd2', other: 1 }])).rejects.toThrow(
      /row 2.*other/,
    );
    await expect(insertMany(pool, 'item', [{ sku: 'd1' }, { sku: ['top secret'] }])).rejects.not.toThrow(
      /secret/,
    );
    await expect(insertMany(pool, 'item', [['d1', 2]], { columns: ['sku'] })).rejects.toThrow(
      /2 values for 1/,
    );
    expect(await count('d%')).toBe(0);
  });
});
