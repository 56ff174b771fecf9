import { deepStrictEqual, rejects as throws, strictEqual } from 'node:assert/strict';
import { Gate, rejects } from './trial.js';
import { conformance, needs } from './suite.js';

const undone = new Error('undone');

/** What takes part in the transaction that surrounds it. */
export const scope = [
  conformance(
    'query, stream, use and transaction on the pool take part',
    async (trial) => {
      const { pool } = trial;
      const table = await trial.items();
      const failing = pool.transaction(async () => {
        await trial.put(pool, table, 1);
        await pool.use((connection) => trial.put(connection, table, 2));
        await pool.transaction(() => trial.put(pool, table, 3));
        const seen: unknown[] = [];
        for await (const row of pool.stream(`SELECT id FROM ${table} ORDER BY id`)) seen.push(row);
        deepStrictEqual(seen, [{ id: 1 }, { id: 2 }, { id: 3 }]);
        throw undone;
      });
      await throws(failing, (error) => error === undone);
      await trial.has(table);
    },
    { max: 1 },
  ),
  conformance(
    'outside escapes',
    async (trial) => {
      const table = await trial.items();
      const failing = trial.pool.transaction(async () => {
        await trial.put(trial.pool, table, 1);
        await trial.pool.outside(() => trial.put(trial.pool, table, 2));
        throw undone;
      });
      await throws(failing, (error) => error === undone);
      await trial.has(table, 2);
    },
    { unless: needs.writers },
  ),
  conformance('use lends one session for all of its work', async (trial) => {
    await trial.pool.use(async (connection) => {
      await connection.query(trial.harness.temporaryTable('mine'));
      await connection.query('INSERT INTO mine (n) VALUES (1)');
      await trial.pool.query('INSERT INTO mine (n) VALUES (2)');
      const { rows } = await connection.query('SELECT n FROM mine ORDER BY n');
      deepStrictEqual(rows, [{ n: 1 }, { n: 2 }]);
    });
  }),
  conformance('statements of one session that are given at once take turns', async (trial) => {
    const table = await trial.items();
    await trial.pool.use(async (connection) => {
      await Promise.all(Array.from({ length: 50 }, (_, id) => trial.put(connection, table, id)));
      await connection.transaction((tx) => tx.query(`DELETE FROM ${table} WHERE id >= 40`));
    });
    strictEqual((await trial.ids(table)).length, 40);
  }),
  conformance('flows beside each other have each their own transaction', async (trial) => {
    const table = await trial.items();
    const flow = (id: number): Promise<unknown> =>
      trial.pool.transaction(async () => {
        await trial.put(trial.pool, table, id);
        if (id % 2 === 0) throw undone;
      });
    const settled = await Promise.allSettled([1, 2, 3, 4, 5, 6].map(flow));
    deepStrictEqual(
      settled.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled', 'rejected'],
    );
    await trial.has(table, 1, 3, 5);
  }),
  conformance('what a flow does after the end of its transaction is refused', async (trial) => {
    const table = await trial.items();
    const gate = new Gate();
    let late: Promise<void> = Promise.resolve();
    await trial.pool.transaction(() => {
      late = gate.passed.then(() => trial.put(trial.pool, table, 1));
      return Promise.resolve();
    });
    gate.open();
    await rejects(late, { code: 'SQL_TRANSACTION_ENDED' });
    await trial.has(table);
  }),
];
