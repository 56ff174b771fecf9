import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { first, reasons, Shop, times } from './face.fixture.js';
import { LIMIT_MS } from './servers.fixture.js';

let shop: Shop;

beforeAll(async () => {
  shop = await Shop.start();
}, LIMIT_MS);

afterEach(() => shop.pool?.close());

afterAll(() => shop?.stop(), LIMIT_MS);

describe('those who need a session of their own', () => {
  it.each([1, 2, 3])('are not starved by reads, nor reads by them (max %s)', async (max) => {
    const pool = await shop.open({ pool: { min: 1, max } });
    let over = false;
    let reads = 0;
    const flood = times(64, async (n) => {
      for (; !over; n += 64) {
        await shop.byId(n);
        reads++;
      }
    });
    const writes = await times(20, async (n) => {
      if (n % 2 === 0) return pool.query('UPDATE item SET n = n + 1 WHERE id = $1', [n + 1]).then(() => {});
      return pool.transaction(async (tx) => {
        await tx.query('UPDATE item SET n = n + 1 WHERE id = $1', [n + 1]);
      });
    });
    const readsMeanwhile = reads;
    over = true;
    expect(reasons(await flood)).toEqual([]);
    expect(reasons(writes)).toEqual([]);
    expect(readsMeanwhile).toBeGreaterThan(0);
  });

  it('suspend, resume, evict, tune, drain under load: every promise settles, no session is left', async () => {
    const pool = await shop.open({ pool: { min: 1, max: 4 } });
    let over = false;
    const flood = times(32, async (n) => {
      for (; !over; n += 32) await shop.byId(n);
    });
    for (let n = 0; n < 5; n++) {
      pool.suspend();
      await first(shop.watcher, 'SELECT pg_sleep(0.01)');
      pool.resume();
      pool.evict('rotated');
      pool.tune({ max: 2 + (n % 3) });
      await first(shop.watcher, 'SELECT pg_sleep(0.05)');
    }
    over = true;
    expect(reasons(await flood)).toEqual([]);
    const last = times(500, shop.byId);
    await Promise.all([last, pool.drain()]);
    const left = `SELECT count(*)::int FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND application_name <> 'watcher'`;
    expect(await first(shop.watcher, left)).toBe(0);
    for (const error of reasons(await last)) expect(error).toMatchObject({ code: 'POOL_CLOSED' });
    await expect(shop.byId(1)).rejects.toMatchObject({ code: 'POOL_CLOSED' });
  });

  it('a COPY that has no source is an error, and nothing hangs', async () => {
    const pool = await shop.open();
    await times(20, shop.byId);
    await expect(pool.query('COPY item FROM STDIN')).rejects.toMatchObject({ code: expect.any(String) });
    expect(reasons(await times(200, shop.byId))).toEqual([]);
    const { rowCount } = await pool.query('UPDATE item SET n = 7 WHERE id = 7');
    expect(rowCount).toBe(1);
  });

  it('a constraint that fails at COMMIT is told, and nothing of it is there', async () => {
    const pool = await shop.open();
    await pool.query('CREATE TABLE late (id int, CONSTRAINT once UNIQUE (id) DEFERRABLE INITIALLY DEFERRED)');
    const failing = pool.transaction(async (tx) => {
      await tx.query('INSERT INTO late VALUES (1)');
      await tx.query('INSERT INTO late VALUES (1)');
    });
    await expect(failing).rejects.toMatchObject({ code: 'SQL_STATEMENT_FAILED', sqlState: '23505' });
    expect(await first(shop.watcher, 'SELECT count(*)::int FROM late')).toBe(0);
  });
});
