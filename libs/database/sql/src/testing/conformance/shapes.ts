import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { rejects } from './trial.js';
import { conformance, needs } from './suite.js';

const TEXT = `it's "quoted", \\ with ümläuts, 漢字 and 😀\nin two lines; -- no comment`;

/** What queries give, and what parameters become. */
export const shapes = [
  conformance(
    'a query gives rows as objects, their number, the node and the lane',
    async ({ pool, harness }) => {
      const { rows, rowCount, node, lane } = await pool.query(harness.series(3));
      deepStrictEqual(rows, [{ n: 1 }, { n: 2 }, { n: 3 }]);
      strictEqual(rowCount, 3);
      ok(node.startsWith(`${pool.name}.`), node);
      ok(lane === 'read' || lane === 'write');
    },
  ),
  conformance('rows come as arrays when that is asked for', async ({ pool, harness }) => {
    const { rows } = await pool.query(harness.series(2), [], { rowMode: 'array' });
    deepStrictEqual(rows, [[1], [2]]);
  }),
  conformance('no row is an empty list', async (trial) => {
    const table = await trial.items();
    const { rows, rowCount } = await trial.pool.query(`SELECT id FROM ${table}`);
    deepStrictEqual(rows, []);
    strictEqual(rowCount, 0);
  }),
  conformance('columns may have one name, and strange names', async ({ pool, harness }) => {
    const text = `SELECT 1 AS a, 2 AS a, 3 AS ${harness.quote('__proto__')}, 4 AS ${harness.quote('a b"c')}`;
    const { rows: arrays } = await pool.query(text, [], { rowMode: 'array' });
    deepStrictEqual(arrays, [[1, 2, 3, 4]]);
    const { rows } = await pool.query(text);
    deepStrictEqual(Object.entries(rows[0]!), [
      ['a', 2],
      ['__proto__', 3],
      ['a b"c', 4],
    ]);
    strictEqual(Object.getPrototypeOf({ ...rows[0] }), Object.prototype);
  }),
  conformance('writes tell how many rows they have changed', async (trial) => {
    const { pool } = trial;
    const table = await trial.items();
    const insert = await pool.query(`INSERT INTO ${table} (id, n) VALUES (1, 1), (2, 1), (3, 2)`);
    deepStrictEqual([insert.rows, insert.rowCount], [[], 3]);
    strictEqual((await pool.query(`UPDATE ${table} SET n = n + 1 WHERE n = 1`)).rowCount, 2);
    strictEqual((await pool.query(`UPDATE ${table} SET n = 9 WHERE id = 99`)).rowCount, 0);
    strictEqual((await pool.query(`DELETE FROM ${table} WHERE id > 1`)).rowCount, 2);
    const ddl = await pool.query(`DROP TABLE ${table}`);
    ok(!ddl.rowCount, `a DROP has changed ${ddl.rowCount} rows`);
  }),
  conformance(
    'a write that returns rows gives them and their number',
    async (trial) => {
      const table = await trial.items();
      const text = `INSERT INTO ${table} (id, n) VALUES (1, 5), (2, 6) RETURNING id, n`;
      const { rows, rowCount } = await trial.pool.query(text);
      deepStrictEqual(rows, [
        { id: 1, n: 5 },
        { id: 2, n: 6 },
      ]);
      strictEqual(rowCount, 2);
    },
    { unless: needs.returning },
  ),
  conformance('values come back as they were stored', async (trial) => {
    const { integer, real, text, bytes } = trial.harness.types;
    const table = await trial.table(
      `id ${integer} PRIMARY KEY, i ${integer}, r ${real}, t ${text}, b ${bytes}`,
    );
    const blob = Buffer.from([0, 1, 2, 255, 39, 92]);
    const values = [
      [1, 42, 1.5, TEXT, blob],
      [2, -2_147_483_648, -0.1, '', Buffer.alloc(0)],
      [3, null, null, null, null],
      [4, undefined, undefined, undefined, undefined],
      [5, 0, 1e100, 'x'.repeat(1_000_000), Buffer.alloc(100_000, 7)],
    ];
    for (const row of values) {
      // oxlint-disable-next-line no-await-in-loop
      await trial.pool.query(`INSERT INTO ${table} (id, i, r, t, b) VALUES ${trial.row(5)}`, row);
    }
    const { rows } = await trial.pool.query(`SELECT id, i, r, t, b FROM ${table} ORDER BY id`, [], {
      rowMode: 'array',
    });
    deepStrictEqual(
      rows,
      values.map((row) => row.map((value) => value ?? null)),
    );
  }),
  conformance('a whole number is one, also in a column of text', async (trial) => {
    const { integer, text } = trial.harness.types;
    const table = await trial.table(`id ${integer} PRIMARY KEY, t ${text}`);
    await trial.pool.query(`INSERT INTO ${table} (id, t) VALUES ${trial.row(2)}`, [1, 5]);
    const where = `SELECT id FROM ${table} WHERE id = ${trial.harness.placeholder(1)}`;
    deepStrictEqual((await trial.pool.query(where, [1])).rows, [{ id: 1 }]);
    deepStrictEqual((await trial.pool.query(`SELECT t FROM ${table}`)).rows, [{ t: '5' }]);
  }),
  conformance('a value is never read as SQL', async (trial) => {
    const { integer, text } = trial.harness.types;
    const table = await trial.table(`id ${integer} PRIMARY KEY, t ${text}`);
    const evil = `x'); DROP TABLE ${table}; --`;
    await trial.pool.query(`INSERT INTO ${table} (id, t) VALUES ${trial.row(2)}`, [1, evil]);
    deepStrictEqual((await trial.pool.query(`SELECT t FROM ${table}`)).rows, [{ t: evil }]);
  }),
  conformance(
    'a wrong number of values is refused, and harms nobody',
    async (trial) => {
      const table = await trial.items();
      const text = `INSERT INTO ${table} (id, n) VALUES ${trial.row(2)}`;
      for (const values of [[1], [1, 2, 3], []]) {
        // oxlint-disable-next-line no-await-in-loop
        await rejects(trial.pool.query(text, values), {});
      }
      await trial.put(trial.pool, table, 1);
      await trial.has(table, 1);
    },
    { max: 1 },
  ),
  conformance('a named statement is run with other values', async (trial) => {
    const table = await trial.items();
    for (const id of [1, 2, 3]) {
      const text = `INSERT INTO ${table} (id, n) VALUES ${trial.row(2)}`;
      // oxlint-disable-next-line no-await-in-loop
      await trial.pool.query(text, [id, id], { name: `put-${table}` });
    }
    await trial.has(table, 1, 2, 3);
  }),
  conformance('many rows go in one statement', async (trial) => {
    const table = await trial.items();
    const count = 1_000;
    const rows = Array.from({ length: count }, (_, at) => trial.row(2, 1 + at * 2)).join(', ');
    const values = Array.from({ length: count }, (_, at) => [at + 1, at * 2]).flat();
    const { rowCount } = await trial.pool.query(`INSERT INTO ${table} (id, n) VALUES ${rows}`, values);
    strictEqual(rowCount, count);
    const { rows: sums } = await trial.pool.query(`SELECT count(*) AS c, max(n) AS m FROM ${table}`);
    deepStrictEqual(Object.values(sums[0]!).map(Number), [count, (count - 1) * 2]);
  }),
];
