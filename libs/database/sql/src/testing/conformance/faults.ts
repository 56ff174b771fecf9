import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { rejects } from './trial.js';
import { conformance, needs } from './suite.js';

const SECRET = 'a-very-secret-value';

/** What errors say. */
export const faults = [
  conformance('constraints that are violated have their kind', async (trial) => {
    const { integer, text } = trial.harness.types;
    const parent = await trial.items();
    await trial.put(trial.pool, parent, 1);
    const table = await trial.table(
      `id ${integer} PRIMARY KEY, t ${text} NOT NULL, n ${integer} CHECK (n > 0), p ${integer}, FOREIGN KEY (p) REFERENCES ${parent} (id)`,
    );
    const put = (...values: readonly unknown[]): Promise<unknown> =>
      trial.pool.query(`INSERT INTO ${table} (id, t, n, p) VALUES ${trial.row(4)}`, values);
    await put(1, 'x', 1, 1);
    const category = 'constraint';
    const code = 'SQL_STATEMENT_FAILED';
    await rejects(put(1, 'x', 1, 1), { code, category, kind: 'unique-violation' });
    await rejects(put(2, null, 1, 1), { code, category, kind: 'not-null-violation' });
    await rejects(put(2, 'x', -1, 1), { code, category, kind: 'check-violation' });
    await rejects(put(2, 'x', 1, 99), { code, category, kind: 'foreign-key-violation' });
    await trial.has(table, 1);
  }),
  conformance('mistakes in a text have their kind', async (trial) => {
    const table = await trial.items();
    const { pool } = trial;
    const code = 'SQL_STATEMENT_FAILED';
    await rejects(pool.query('SELEC 1'), { code, category: 'syntax', kind: 'syntax-error' });
    await rejects(pool.query('SELECT * FROM no_such_table_at_all'), { code, kind: 'undefined-table' });
    await rejects(pool.query(`SELECT no_such_column FROM ${table}`), { code, kind: 'undefined-column' });
  }),
  conformance('no message shows a value, and every one names the node', async (trial) => {
    const { integer, text } = trial.harness.types;
    const table = await trial.table(`id ${integer} PRIMARY KEY, t ${text}, n ${integer} CHECK (n > 0)`);
    const put = (...values: readonly unknown[]): Promise<unknown> =>
      trial.pool.query(`INSERT INTO ${table} (id, t, n) VALUES ${trial.row(3)}`, values);
    await put(1, SECRET, 1);
    const errors = [
      await rejects(put(1, SECRET, 1), {}),
      await rejects(put(2, SECRET, -1), {}),
      await rejects(trial.pool.query(`SELECT 1 WHERE x = = '${SECRET}'`), {}),
      await rejects(trial.pool.query(`SELECT 1 '${SECRET}' '${SECRET}' FROM FROM`), {}),
    ];
    for (const { message } of errors) {
      ok(!message.includes(SECRET), message);
      ok(message.includes(trial.pool.name), message);
    }
  }),
  conformance(
    'a statement that failed harms nobody after it',
    async (trial) => {
      const table = await trial.items();
      await trial.put(trial.pool, table, 1);
      for (let times = 0; times < 10; times++) {
        // oxlint-disable-next-line no-await-in-loop
        await rejects(trial.put(trial.pool, table, 1), { kind: 'unique-violation' });
      }
      strictEqual(trial.counts.total > 0, true);
      await trial.put(trial.pool, table, 2);
      await trial.has(table, 1, 2);
    },
    { max: 1 },
  ),
  conformance(
    'who asks for too many rows gets none',
    async (trial) => {
      const { pool, harness } = trial;
      strictEqual((await pool.query(harness.series(10))).rows.length, 10);
      await rejects(pool.query(harness.series(11)), { code: 'SQL_TOO_MANY_ROWS' });
      strictEqual((await pool.query(harness.series(11), [], { maxRows: 11 })).rows.length, 11);
      await rejects(pool.query(harness.series(3), [], { maxRows: 2 }), { code: 'SQL_TOO_MANY_ROWS' });
      await rejects(
        pool.transaction((tx) => tx.query(harness.series(11))),
        { code: 'SQL_TOO_MANY_ROWS' },
      );
      const seen: unknown[] = [];
      for await (const row of pool.stream(harness.series(50))) seen.push(row);
      strictEqual(seen.length, 50);
      deepStrictEqual((await pool.query(harness.series(1))).rows, [{ n: 1 }]);
    },
    { maxRows: 10 },
  ),
  conformance(
    'a session that was ended from outside costs one error, and the pool goes on',
    async (trial) => {
      const { pool, harness } = trial;
      const table = await trial.items();
      const { id, end } = harness.kill!;
      const failing = pool.transaction(async (tx) => {
        await trial.put(tx, table, 1);
        const { rows } = await tx.query<unknown[]>(id, [], { rowMode: 'array' });
        await end(rows[0]![0]);
        await trial.put(tx, table, 2);
      });
      await rejects(failing, { category: 'connection' });
      await trial.put(pool, table, 3);
      await trial.has(table, 3);
    },
    { unless: needs.kill },
  ),
];
