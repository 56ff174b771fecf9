import { deepStrictEqual, rejects as throws, strictEqual } from 'node:assert/strict';
import { Gate, rejects } from './trial.js';
import { conformance, needs } from './suite.js';

const LEVELS = ['read committed', 'repeatable read', 'serializable'] as const;

/** What happens as a whole or not at all. */
export const transactions = [
  conformance('a transaction that ends is there, with what it returned', async (trial) => {
    const table = await trial.items();
    const result = await trial.pool.transaction(async (tx) => {
      await trial.put(tx, table, 1);
      await trial.put(tx, table, 2);
      return 'done';
    });
    strictEqual(result, 'done');
    await trial.has(table, 1, 2);
  }),
  conformance('one that throws has not happened, and rejects with the same error', async (trial) => {
    const table = await trial.items();
    const reason = new Error('the reason');
    const failing = trial.pool.transaction(async (tx) => {
      await trial.put(tx, table, 1);
      throw reason;
    });
    await throws(failing, (error) => error === reason);
    await trial.has(table);
  }),
  conformance(
    'nobody sees what is not committed',
    async (trial) => {
      const table = await trial.items();
      await trial.pool.transaction(async (tx) => {
        await trial.put(tx, table, 1);
        deepStrictEqual(await trial.ids(table, tx), [1]);
        await trial.pool.outside(() => trial.has(table));
      });
      await trial.has(table, 1);
    },
    { unless: needs.readers },
  ),
  conformance(
    'a read-only transaction refuses writes, and the next one does not',
    async (trial) => {
      const table = await trial.items();
      const writing = trial.pool.transaction((tx) => trial.put(tx, table, 1), { readOnly: true });
      await rejects(writing, { kind: 'read-only' });
      await trial.pool.transaction(async (tx) => deepStrictEqual(await trial.ids(table, tx), []), {
        readOnly: true,
      });
      await trial.pool.transaction((tx) => trial.put(tx, table, 2));
      await trial.put(trial.pool, table, 3);
      await trial.has(table, 2, 3);
    },
    { max: 1 },
  ),
  conformance('every isolation level can be asked for', async (trial) => {
    const table = await trial.items();
    for (const [at, isolation] of LEVELS.entries()) {
      // oxlint-disable-next-line no-await-in-loop
      await trial.pool.transaction(
        async (tx) => {
          await trial.put(tx, table, at);
          strictEqual((await trial.ids(table, tx)).length, at + 1);
        },
        { isolation },
      );
    }
    await trial.has(table, 0, 1, 2);
  }),
  conformance('a part fails alone', async (trial) => {
    const table = await trial.items();
    await trial.pool.transaction(async (tx) => {
      await trial.put(tx, table, 1);
      const part = tx.transaction(async (inner) => {
        await trial.put(inner, table, 2);
        await trial.put(inner, table, 1);
      });
      await rejects(part, { kind: 'unique-violation' });
      await tx.transaction((inner) => trial.put(inner, table, 3));
    });
    await trial.has(table, 1, 3);
  }),
  conformance('a part is undone with the whole', async (trial) => {
    const table = await trial.items();
    const failing = trial.pool.transaction(async (tx) => {
      await tx.transaction((inner) => inner.transaction((innermost) => trial.put(innermost, table, 1)));
      deepStrictEqual(await trial.ids(table, tx), [1]);
      throw new Error('undone');
    });
    await throws(failing, /undone/);
    await trial.has(table);
  }),
  conformance('what comes after the end is refused', async (trial) => {
    const { pool } = trial;
    const table = await trial.items();
    const tx = await pool.transaction((one) => Promise.resolve(one));
    await rejects(trial.put(tx, table, 1), { code: 'SQL_TRANSACTION_ENDED' });
    await rejects(
      tx.transaction(() => Promise.resolve()),
      { code: 'SQL_TRANSACTION_ENDED' },
    );
    const rows = tx.stream(`SELECT id FROM ${table}`)[Symbol.asyncIterator]();
    await rejects(rows.next(), { code: 'SQL_TRANSACTION_ENDED' });
    const used = await pool.use((one) => Promise.resolve(one));
    await rejects(trial.put(used, table, 1), { code: 'SQL_TRANSACTION_ENDED' });
    await trial.has(table);
  }),
  conformance('a statement that nobody awaited belongs to it', async (trial) => {
    const table = await trial.items();
    await trial.pool.transaction((tx) => {
      for (let id = 1; id <= 10; id++) void trial.put(tx, table, id);
      return Promise.resolve();
    });
    strictEqual((await trial.ids(table)).length, 10);
  }),
  conformance('a violation whose error is swallowed', async (trial) => {
    const table = await trial.items();
    const work = trial.pool.transaction(async (tx) => {
      await trial.put(tx, table, 1);
      await rejects(trial.put(tx, table, 1), { kind: 'unique-violation' });
    });
    if (trial.harness.failsTransaction) {
      await rejects(work, { code: 'SQL_TRANSACTION_FAILED' });
      await trial.has(table);
    } else {
      await work;
      await trial.has(table, 1);
    }
  }),
  conformance('those that get in each other’s way are run again, and none is lost', async (trial) => {
    const table = await trial.items();
    await trial.put(trial.pool, table, 1, 0);
    const add = (): Promise<void> =>
      trial.pool.transaction(
        async (tx) => {
          const { rows } = await tx.query<{ n: number }>(`SELECT n FROM ${table} WHERE id = 1`);
          await tx.query(`UPDATE ${table} SET n = ${trial.harness.placeholder(1)} WHERE id = 1`, [
            rows[0]!.n + 1,
          ]);
        },
        { isolation: 'serializable', retry: { attempts: 1_000, initialMs: 1, maxMs: 20 } },
      );
    await Promise.all(Array.from({ length: 20 }, add));
    deepStrictEqual((await trial.pool.query(`SELECT n FROM ${table}`)).rows, [{ n: 20 }]);
  }),
  conformance(
    'two that wait for each other: one gives way, with a conflict',
    async (trial) => {
      const table = await trial.items();
      await trial.put(trial.pool, table, 1, 0);
      await trial.put(trial.pool, table, 2, 0);
      const both = [new Gate(), new Gate()];
      const move = (mine: number, other: number): Promise<void> =>
        trial.pool.transaction(async (tx) => {
          await tx.query(`UPDATE ${table} SET n = n + 1 WHERE id = ${mine}`);
          both[mine - 1]!.open();
          await both[other - 1]!.passed;
          await tx.query(`UPDATE ${table} SET n = n + 1 WHERE id = ${other}`);
        });
      const settled = await Promise.allSettled([move(1, 2), move(2, 1)]);
      const failed = settled.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
      strictEqual(failed.length, 1);
      await rejects(Promise.reject(failed[0]!.reason as Error), { category: 'conflict' });
      const { rows } = await trial.pool.query(`SELECT n FROM ${table} ORDER BY id`);
      deepStrictEqual(rows, [{ n: 1 }, { n: 1 }]);
    },
    { unless: needs.writers },
  ),
];
