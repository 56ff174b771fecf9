import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { first, reasons, Shop, times } from './face.fixture.js';
import { LIMIT_MS } from './servers.fixture.js';

let shop: Shop;

beforeAll(async () => {
  shop = await Shop.start();
}, LIMIT_MS);

afterEach(() => shop.pool?.close());

afterAll(() => shop?.stop(), LIMIT_MS);

describe('what shares a session', () => {
  it('hidden deadlock: a write that waits for a lock holds up neither its owner nor any read', async () => {
    const pool = await shop.open();
    let release!: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    let locked!: () => void;
    const lock = new Promise<void>((resolve) => (locked = resolve));
    const owner = pool.transaction(async (tx) => {
      await tx.query('UPDATE item SET n = n + 1 WHERE id = 1');
      locked();
      await held;
      await tx.query('UPDATE item SET n = n + 1 WHERE id = 2');
    });
    await lock;
    const waiting = times(5, () => pool.query('UPDATE item SET n = n + 1 WHERE id = 1'));
    expect(reasons(await times(2_000, shop.byId))).toEqual([]);
    release();
    await owner;
    expect(reasons(await waiting)).toEqual([]);
    expect(await first(pool, 'SELECT n FROM item WHERE id = 1')).toBe(6);
  });

  it('a stray BEGIN swallows nobody’s acknowledged INSERT', async () => {
    const pool = await shop.open();
    await pool.query('CREATE TABLE stray (id int)');
    const work = times(300, async (n) => {
      if (n % 10 === 0) await pool.query('BEGIN');
      else if (n % 3 === 0) await shop.byId(n);
      else await pool.query('INSERT INTO stray VALUES ($1)', [n]);
    });
    expect(reasons(await work)).toEqual([]);
    const sent = Array.from({ length: 300 }, (_, n) => n).filter((n) => n % 10 !== 0 && n % 3 !== 0);
    expect(await first(shop.watcher, 'SELECT count(*)::int FROM stray')).toBe(sent.length);
  });

  it('a cancel never hurts a neighbour, and what was to be cancelled is', async () => {
    const pool = await shop.open({ pool: { max: 4 } });
    const settled = await times(3_000, async (n) => {
      if (n % 20 !== 0) return shop.byId(n);
      const late = pool.query(`SELECT pg_sleep(0.05) /* ${n % 3} */`, [], { timeoutMs: 1 + (n % 7) });
      await expect(late).rejects.toMatchObject({ category: expect.stringMatching(/timeout|unavailable/) });
    });
    expect(reasons(settled)).toEqual([]);
    const asleep = `SELECT count(*)::int FROM pg_stat_activity
      WHERE state = 'active' AND query LIKE 'SELECT pg_sleep(30)%'`;
    // Two, so that one of them shares.
    const sleeping = times(2, () => pool.query('SELECT pg_sleep(30)', [], { timeoutMs: 100 }));
    expect(reasons(await sleeping).map((error) => (error as { code?: string }).code)).toEqual([
      'SQL_TIMEOUT',
      'SQL_TIMEOUT',
    ]);
    while ((await first(shop.watcher, asleep)) !== 0) await shop.byId(1);
  });

  it('a read that writes is refused where it shares, happens once, and is learned', async () => {
    const pool = await shop.open();
    await pool.query('CREATE TABLE log (id serial)');
    await pool.query(
      `CREATE FUNCTION sneak() RETURNS int LANGUAGE sql AS 'INSERT INTO log DEFAULT VALUES RETURNING id'`,
    );
    await pool.query('CREATE VIEW sneaky AS SELECT sneak() AS id');
    for (const text of ['SELECT sneak()', 'SELECT id FROM sneaky']) {
      await pool.query('TRUNCATE log');
      const settled = await times(200, async (n) => {
        if (n % 2 === 0) return shop.byId(n);
        return pool.query(text).then(() => {});
      });
      expect(reasons(settled)).toEqual([]);
      expect(await first(shop.watcher, 'SELECT count(*)::int FROM log')).toBe(100);
    }
  });

  it('5,000 at once: each has its own answer', async () => {
    await shop.open();
    expect(reasons(await times(5_000, shop.byId))).toEqual([]);
  });

  it('a lost connection gives each caller an error of its own; the next ones are served', async () => {
    const pool = await shop.open();
    await times(100, shop.byId);
    const running = times(12, () => pool.query("SELECT pg_sleep(0.5), 'lost'"));
    const kill = `SELECT count(pg_terminate_backend(pid))::int FROM pg_stat_activity
      WHERE state = 'active' AND query LIKE '%''lost''%' AND pid <> pg_backend_pid()`;
    while ((await first(shop.watcher, kill)) === 0);
    const lost = reasons(await running);
    expect(lost.length).toBeGreaterThan(0);
    expect(new Set(lost).size).toBe(lost.length);
    for (const error of lost) expect(error.cause).toBeInstanceOf(Error);
    expect(reasons(await times(100, shop.byId))).toEqual([]);
  });

  it('state of a session reaches neither those who share nor the next borrower', async () => {
    const pool = await shop.open({ pool: { min: 1, max: 3 } });
    await times(50, shop.byId);
    await pool.query("SET application_name = 'mine'");
    await pool.use(async (connection) => {
      await connection.query("SET TIME ZONE 'Asia/Tokyo'");
      await connection.query('CREATE TEMP TABLE secret (id int)');
      await connection.query('SELECT pg_advisory_lock(1)');
      await connection.query('LISTEN news');
    });
    const settled = await times(200, async () => {
      const { rows } = await pool.query(
        `SELECT current_setting('TimeZone') AS zone, current_setting('application_name') AS name,
           to_regclass('pg_temp.secret') AS temp, (SELECT count(*)::int FROM pg_listening_channels()) AS heard`,
      );
      expect(rows[0]).toMatchObject({ zone: 'UTC', temp: null, heard: 0 });
      expect(rows[0]).not.toMatchObject({ name: 'mine' });
    });
    expect(reasons(settled)).toEqual([]);
    expect(await first(shop.watcher, "SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory'")).toBe(
      0,
    );
    // What was shared writes again when it is borrowed alone.
    expect(reasons(await times(10, (n) => pool.query('UPDATE item SET n = 0 WHERE id = $1', [n])))).toEqual(
      [],
    );
  });
});
