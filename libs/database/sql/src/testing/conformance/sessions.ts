import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { Gate, rejects } from './trial.js';
import { conformance, needs } from './suite.js';

/** What a borrower leaves behind, and how a pool ends. */
export const sessions = [
  conformance(
    'a temporary table is gone for the next borrower',
    async ({ pool, harness }) => {
      await pool.use((connection) => connection.query(harness.temporaryTable('mine')));
      await pool.query(harness.temporaryTable('mine_too'));
      await pool.use(async (connection) => {
        await rejects(connection.query('SELECT n FROM mine'), { kind: 'undefined-table' });
        await rejects(connection.query('SELECT n FROM mine_too'), { kind: 'undefined-table' });
      });
    },
    { max: 1 },
  ),
  conformance(
    'a setting is as before for the next borrower',
    async ({ pool, harness }) => {
      const { set, get } = harness.setting!;
      const read = (by: Pick<typeof pool, 'query'>): Promise<unknown> =>
        by.query<unknown[]>(get, [], { rowMode: 'array' }).then(({ rows }) => rows[0]![0]);
      const before = await pool.use(read);
      const within = await pool.use(async (connection) => {
        await connection.query(set);
        return read(connection);
      });
      strictEqual(within === before, false);
      strictEqual(await pool.use(read), before);
    },
    { max: 1, unless: needs.setting },
  ),
  conformance(
    'a transaction that was left open has not happened, and swallows nobody',
    async (trial) => {
      const table = await trial.items();
      await trial.pool.use(async (connection) => {
        await connection.query('BEGIN');
        await trial.put(connection, table, 1);
      });
      await trial.put(trial.pool, table, 2);
      await trial.pool.query('BEGIN');
      await trial.put(trial.pool, table, 3);
      await trial.has(table, 2, 3);
      await trial.pool.transaction((tx) => trial.put(tx, table, 4));
      await trial.has(table, 2, 3, 4);
    },
    { max: 1 },
  ),
  conformance('draining lets what was accepted end, and refuses what comes', async (trial) => {
    const table = await trial.items();
    const gate = new Gate();
    const working = trial.pool.transaction(async (tx) => {
      await trial.put(tx, table, 1);
      await gate.passed;
      await trial.put(tx, table, 2);
      deepStrictEqual(await trial.ids(table, tx), [1, 2]);
      return 'done';
    });
    await trial.until('it has begun', () => trial.counts.inUse > 0);
    const drained = trial.managed.drain({ deadlineMs: 60_000 });
    await rejects(trial.put(trial.pool, table, 3), { code: 'POOL_CLOSED' });
    gate.open();
    strictEqual(await working, 'done');
    await drained;
  }),
  conformance(
    'closing refuses those who wait',
    async (trial) => {
      const gate = new Gate();
      const { pool } = trial;
      const holding = pool.use(() => gate.passed);
      await trial.until('the session is lent', () => trial.counts.inUse > 0);
      const refused = Array.from({ length: 5 }, () =>
        rejects(
          pool.use(() => Promise.resolve()),
          { code: 'POOL_CLOSED' },
        ),
      );
      await trial.until('they wait', () => trial.counts.waiting === refused.length);
      const closed = trial.managed.close();
      await Promise.all(refused);
      gate.open();
      await Promise.all([holding, closed, trial.managed.close()]);
      await rejects(pool.query('SELECT 1'), { code: 'POOL_CLOSED' });
      strictEqual(trial.managed.report().status, 'closed');
    },
    { max: 1 },
  ),
  conformance('evicting replaces the sessions, and loses nothing', async (trial) => {
    const table = await trial.items();
    for (let id = 1; id <= 5; id++) {
      /* oxlint-disable no-await-in-loop */
      await trial.put(trial.pool, table, id);
      trial.managed.evict('a test');
      await trial.pool.query(`SELECT id FROM ${table}`);
      /* oxlint-enable no-await-in-loop */
    }
    await trial.has(table, 1, 2, 3, 4, 5);
  }),
  conformance('it answers when it is asked whether it lives', async (trial) => {
    const answers = Object.entries(await trial.pool.ping({ timeoutMs: 60_000 }));
    for (const [node, { ok }] of answers) deepStrictEqual([node, ok], [node, true]);
    strictEqual(answers.length > 0, true);
  }),
];
