import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemEnv } from '@nest-pooling/core';
import type { SqlPool } from '@nest-pooling/sql';
import { sqlite } from './definition.js';
import { Folder, libraries, opened } from './temporary.fixture.js';

describe.each(libraries)('a pool over a file, on %s', (library) => {
  let folder: Folder;
  let managed: Awaited<ReturnType<typeof opened>>;
  let pool: SqlPool;
  beforeEach(async () => {
    folder = await Folder.make();
    managed = await opened({ file: folder.file(), session: { library }, pool: { max: 3 } });
    pool = managed.face;
    await pool.query('CREATE TABLE t (id INTEGER PRIMARY KEY)');
  });
  afterEach(async () => {
    await managed.close();
    await folder.remove();
  });

  it('reads go to the readers, all else to the writer, and a read sees every write before it', async () => {
    for (let id = 1; id <= 20; id++) {
      /* oxlint-disable no-await-in-loop */
      expect(await pool.query('INSERT INTO t VALUES (?)', [id])).toMatchObject({
        node: 'shop.writer',
        lane: 'write',
      });
      const read = await pool.query('SELECT count(*) AS n FROM t');
      expect(read).toMatchObject({ node: 'shop.readers', lane: 'read', rows: [{ n: id }] });
      /* oxlint-enable no-await-in-loop */
    }
    expect((await pool.query('PRAGMA table_info(t)')).node).toBe('shop.writer');
    await pool.use(async ({ node }) => expect(node).toBe('shop.writer'));
    await pool.use(async ({ node }) => expect(node).toBe('shop.readers'), { access: 'read' });
    await pool.transaction(async ({ node }) => expect(node).toBe('shop.readers'), { readOnly: true });
  });

  it('readers go on beside an open transaction and an open stream', async () => {
    await pool.query('INSERT INTO t VALUES (1), (2), (3)');
    const rows = pool.stream<{ id: number }>('SELECT id FROM t ORDER BY id', [], { batchSize: 1 });
    const reading = rows[Symbol.asyncIterator]();
    expect(await reading.next()).toMatchObject({ value: { id: 1 } });
    await pool.transaction(async (tx) => {
      await tx.query('DELETE FROM t');
      const outside = await pool.outside(() => pool.query('SELECT count(*) AS n FROM t'));
      expect(outside.rows).toEqual([{ n: 3 }]);
    });
    // What it reads is the state in which it began.
    expect([await reading.next(), await reading.next(), await reading.next()]).toMatchObject([
      { value: { id: 2 } },
      { value: { id: 3 } },
      { done: true },
    ]);
    expect((await pool.query('SELECT count(*) AS n FROM t')).rows).toEqual([{ n: 0 }]);
  });

  it('a read that writes is refused by the readers, run by the writer, and known from then on', async () => {
    const access = 'read' as const;
    const first = await pool.query('INSERT INTO t VALUES (?)', [1], { access, timeoutMs: 60_000 });
    const second = await pool.query('INSERT INTO t VALUES (?)', [2], { access });
    expect([first, second]).toMatchObject([{ node: 'shop.writer' }, { node: 'shop.writer' }]);
    const writing = pool.use((connection) => connection.query('DELETE FROM t'), { access });
    await expect(writing).rejects.toMatchObject({ kind: 'read-only', fault: { category: 'role' } });
    expect((await pool.query('SELECT count(*) AS n FROM t')).rows).toEqual([{ n: 2 }]);
  });

  it('timers are served while statement after statement is awaited, and while rows are read', async () => {
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 1);
    const begun = performance.now();
    // Without turns of the event loop this would never end.
    while (ticks < 5) await pool.query('SELECT 1');
    ticks = 0;
    const endless = 'WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c';
    for await (const _ of pool.stream(endless)) if (ticks >= 5) break;
    clearInterval(ticking);
    expect(performance.now() - begun).toBeGreaterThan(9);
    expect(Object.values(managed.report().nodes).map(({ inUse }) => inUse)).toEqual([0, 0]);
  });

  it('is one that can be tuned, suspended, evicted and asked', async () => {
    expect(await pool.ping()).toMatchObject({ 'shop.writer': { ok: true }, 'shop.readers': { ok: true } });
    managed.tune({ min: 1, max: 2 });
    expect(() => managed.tune({ nonsense: 1 })).toThrow('nonsense');
    managed.suspend();
    const held = pool.query('SELECT 1 AS one');
    expect(managed.report().status).toBe('suspended');
    managed.resume();
    expect((await held).rows).toEqual([{ one: 1 }]);
    const seen: string[] = [];
    const sink = {
      timed: false,
      acquired() {},
      released() {},
      created() {},
      destroyed() {},
      timedOut() {},
      leaked() {},
      misused() {},
      state: (_: string, to: string) => seen.push(to),
    };
    const remove = managed.subscribe(sink);
    managed.evict('a test');
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await managed.drain();
    expect(seen.filter((to) => to === 'closed')).toHaveLength(2);
    remove();
    await expect(pool.query('SELECT 1')).rejects.toMatchObject({ code: 'POOL_CLOSED' });
  });

  it('the start of a file that cannot be opened fails, with the reason', async () => {
    const nowhere = sqlite({
      file: folder.file('no/such/folder/x.db'),
      startTimeoutMs: 50,
      session: { library },
    });
    const failing = nowhere.open('nowhere', systemEnv);
    await expect(failing.start()).rejects.toMatchObject({ code: 'SQL_START_FAILED' });
    await failing.close();
  });
});

describe.each(libraries)('a pool in memory, on %s', (library) => {
  it('has its data as long as it lives, whatever becomes of its session', async () => {
    const managed = await opened({ memory: true, session: { library }, pool: { maxUses: 2 } });
    const { face: pool } = managed;
    await pool.query('CREATE TABLE t (id INTEGER PRIMARY KEY)');
    for (let id = 1; id <= 10; id++) {
      // oxlint-disable-next-line no-await-in-loop
      await pool.query('INSERT INTO t VALUES (?)', [id]);
    }
    managed.evict('a test');
    const never = new Promise<never>(() => {});
    const stuck = pool.transaction(
      async (tx) => {
        await tx.query('DELETE FROM t');
        await never;
      },
      { timeoutMs: 20 },
    );
    await expect(stuck).rejects.toMatchObject({ code: 'SQL_TIMEOUT' });
    expect((await pool.query('SELECT count(*) AS n FROM t')).rows).toEqual([{ n: 10 }]);
    await managed.close();
  });

  it('two pools have nothing in common', async () => {
    const pools = await Promise.all([1, 2].map(() => opened({ memory: true, session: { library } })));
    await pools[0]!.face.query('CREATE TABLE t (id INTEGER)');
    await expect(pools[1]!.face.query('SELECT * FROM t')).rejects.toMatchObject({ kind: 'undefined-table' });
    await Promise.all(pools.map((pool) => pool.close()));
  });

  it('what a borrower has set is set back', async () => {
    const managed = await opened({ memory: true, session: { library } });
    const { face: pool } = managed;
    await pool.use(async (connection) => {
      for (const text of [
        'PRAGMA foreign_keys = OFF',
        'PRAGMA query_only = ON',
        'PRAGMA case_sensitive_like = ON',
        "ATTACH ':memory:' AS more",
        'PRAGMA query_only = OFF',
        'CREATE TEMP VIEW v AS SELECT 1',
        'PRAGMA query_only = ON',
      ]) {
        // oxlint-disable-next-line no-await-in-loop
        await connection.query(text);
      }
    });
    const { rows } = await pool.query(
      "SELECT 'a' LIKE 'A', (SELECT count(*) FROM pragma_database_list WHERE name = 'more')",
      [],
      { rowMode: 'array' },
    );
    expect(rows).toEqual([[1, 0]]);
    expect((await pool.query('PRAGMA foreign_keys', [], { rowMode: 'array' })).rows).toEqual([[1]]);
    await expect(pool.query('SELECT * FROM v')).rejects.toMatchObject({ kind: 'undefined-table' });
    await pool.query('CREATE TABLE t (id INTEGER)');
    await managed.close();
  });
});
