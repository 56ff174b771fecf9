import { rejects as throws, strictEqual } from 'node:assert/strict';
import { Gate, rejects } from './trial.js';
import { conformance, needs } from './suite.js';

const LATE = ['POOL_TIMEOUT', 'SQL_TIMEOUT'] as const;
const CANCELLED = ['POOL_CANCELLED', 'SQL_CANCELLED'] as const;
/** Longer than any test runs. */
const FOR_EVER_MS = 600_000;

/** Until when something waits and runs. */
export const limits = [
  conformance('a signal that has aborted before runs nothing', async (trial) => {
    const table = await trial.items();
    const signal = AbortSignal.abort(new Error('before'));
    const text = `INSERT INTO ${table} (id, n) VALUES (1, 1)`;
    await rejects(trial.pool.query(text, [], { signal }), { code: CANCELLED });
    await rejects(
      trial.pool.transaction((tx) => trial.put(tx, table, 1), { signal }),
      { code: CANCELLED },
    );
    const rows = trial.pool.stream(`SELECT id FROM ${table}`, [], { signal })[Symbol.asyncIterator]();
    await rejects(rows.next(), { code: CANCELLED });
    await trial.pool.use((connection) =>
      rejects(connection.query(text, [], { signal }), { code: CANCELLED }),
    );
    await trial.has(table);
  }),
  conformance(
    'who waits for a session gives up in time, and when its signal aborts',
    async (trial) => {
      const table = await trial.items();
      const gate = new Gate();
      const text = `INSERT INTO ${table} (id, n) VALUES (9, 9)`;
      const holding = trial.pool.transaction(async (tx) => {
        await trial.put(tx, table, 1);
        await gate.passed;
      });
      await trial.until('the session is lent', () => trial.counts.inUse > 0);
      const cut = new AbortController();
      const aborted = rejects(trial.pool.query(text, [], { signal: cut.signal }), { code: CANCELLED });
      const late = rejects(trial.pool.query(text, [], { timeoutMs: 30 }), { code: LATE });
      const lateToo = rejects(
        trial.pool.transaction((tx) => tx.query(text), { timeoutMs: 30 }),
        { code: LATE },
      );
      cut.abort(new Error('enough'));
      await Promise.all([aborted, late, lateToo]);
      strictEqual(trial.counts.waiting, 0);
      gate.open();
      await holding;
      await trial.has(table, 1);
    },
    { max: 1 },
  ),
  conformance(
    'a statement that runs for too long is cancelled, and its session is as before',
    async (trial) => {
      const { pool, harness } = trial;
      const slow = harness.slow!(FOR_EVER_MS);
      await rejects(pool.query(slow, [], { timeoutMs: 100 }), { code: 'SQL_TIMEOUT' });
      await rejects(
        pool.use((connection) => connection.query(slow, [], { timeoutMs: 100 })),
        { code: 'SQL_TIMEOUT' },
      );
      strictEqual((await pool.query(harness.series(1))).rows.length, 1);
    },
    { max: 1, unless: needs.slow },
  ),
  conformance(
    'a statement is cancelled when its signal aborts',
    async (trial) => {
      const { pool, harness } = trial;
      const cut = new AbortController();
      const running = pool.query(harness.slow!(FOR_EVER_MS), [], { signal: cut.signal });
      const failing = rejects(running, { code: 'SQL_CANCELLED' });
      await trial.until('it runs', () => trial.counts.inUse > 0);
      cut.abort(new Error('enough'));
      await failing;
      strictEqual((await pool.query(harness.series(1))).rows.length, 1);
    },
    { max: 1, unless: needs.slow },
  ),
  conformance(
    'a transaction whose time is over is rolled back, whatever it waits for',
    async (trial) => {
      const table = await trial.items();
      const never = new Gate();
      const stuck =
        (id: number): ((tx: Parameters<typeof trial.put>[0]) => Promise<void>) =>
        async (tx) => {
          await trial.put(tx, table, id);
          await never.passed;
        };
      const { pool } = trial;
      await rejects(pool.transaction(stuck(1), { timeoutMs: 100 }), { code: 'SQL_TIMEOUT' });
      await rejects(pool.transaction(stuck(2), { maxTransactionMs: 100 }), {
        code: 'SQL_TRANSACTION_TOO_LONG',
      });
      const cut = new AbortController();
      const cancelled = rejects(pool.transaction(stuck(3), { signal: cut.signal }), {
        code: 'SQL_CANCELLED',
      });
      await trial.until('it has begun', () => trial.counts.inUse > 0);
      cut.abort(new Error('enough'));
      await cancelled;
      await trial.put(pool, table, 4);
      await trial.has(table, 4);
      never.open();
    },
    { max: 1 },
  ),
  conformance('an error of the work is not hidden by a limit', async (trial) => {
    const reason = new Error('the reason');
    const failing = trial.pool.transaction(() => Promise.reject(reason), { timeoutMs: FOR_EVER_MS });
    await throws(failing, (error) => error === reason);
  }),
];
