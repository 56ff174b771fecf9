import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import type { SqlPool } from '../../sql-pool.js';
import { rejects } from './trial.js';
import { conformance, needs } from './suite.js';

const ROWS = 2_500;

async function read(rows: AsyncIterable<unknown>, most = Infinity): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  for await (const row of rows) {
    seen.push((row as { n: unknown }).n);
    if (seen.length >= most) break;
  }
  return seen;
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at + 1);

/** Rows as they come. */
export const streaming = [
  conformance(
    'a stream gives every row once and in order, whatever the batch',
    async ({ pool, harness }) => {
      for (const batchSize of [1, 7, 100, ROWS, 10_000]) {
        const count = batchSize === 1 ? 50 : ROWS;
        // oxlint-disable-next-line no-await-in-loop
        const seen = await read(pool.stream(harness.series(count), [], { batchSize }));
        deepStrictEqual(seen, numbers(count));
      }
      deepStrictEqual(await read(pool.stream(harness.series(2))), [1, 2]);
    },
    { max: 1 },
  ),
  conformance(
    'who leaves early gives the session back at once',
    async (trial) => {
      const { pool, harness } = trial;
      for (let times = 0; times < 5; times++) {
        // oxlint-disable-next-line no-await-in-loop
        deepStrictEqual(
          await read(pool.stream(harness.series(ROWS), [], { batchSize: 10 }), 15),
          numbers(15),
        );
      }
      strictEqual(trial.counts.inUse, 0);
      strictEqual((await pool.query(harness.series(1))).rows.length, 1);
      const table = await trial.items();
      await trial.put(pool, table, 1);
      for await (const row of pool.stream(`SELECT id FROM ${table}`)) {
        deepStrictEqual(row, { id: 1 });
        break;
      }
      // Nothing is held any more that this would wait for.
      await pool.query(`DROP TABLE ${table}`);
    },
    { max: 1 },
  ),
  conformance(
    'an error in the middle comes after the rows before it, and is typed',
    async (trial) => {
      const { pool, harness } = trial;
      let last = 0;
      const reading = (async () => {
        const rows = pool.stream<{ n: number }>(harness.series(1_000, 801), [], { batchSize: 50 });
        for await (const { n } of rows) strictEqual(n, ++last);
      })();
      await rejects(reading, { code: 'SQL_STATEMENT_FAILED' });
      ok(last >= 700 && last <= 800, `${last} rows came`);
      await rejects(read(pool.stream('SELECT n FROM no_such_table_at_all')), { kind: 'undefined-table' });
      strictEqual((await pool.query(harness.series(1))).rows.length, 1);
    },
    { max: 1 },
  ),
  conformance(
    'a stream ends when its signal aborts',
    async (trial) => {
      const { pool, harness } = trial;
      const cut = new AbortController();
      let seen = 0;
      const reading = (async () => {
        const rows = pool.stream(harness.series(ROWS), [], { batchSize: 10, signal: cut.signal });
        for await (const _ of rows) if (++seen === 25) cut.abort(new Error('enough'));
      })();
      await rejects(reading, { code: 'SQL_CANCELLED' });
      ok(seen >= 25 && seen < ROWS, `${seen} rows came`);
      strictEqual((await pool.query(harness.series(1))).rows.length, 1);
    },
    { max: 1 },
  ),
  conformance(
    'a stream that nobody reads holds nothing',
    async (trial) => {
      const { pool, harness } = trial;
      const rows = pool.stream(harness.series(ROWS));
      strictEqual((await pool.query(harness.series(1))).rows.length, 1);
      const iterator = rows[Symbol.asyncIterator]();
      await iterator.return?.();
      strictEqual(trial.counts.inUse, 0);
    },
    { max: 1 },
  ),
  conformance('a stream within a transaction sees what it has done, and gives way to it', async (trial) => {
    const table = await trial.items();
    await trial.pool.transaction(async (tx) => {
      for (let id = 1; id <= 30; id++) {
        // oxlint-disable-next-line no-await-in-loop
        await trial.put(tx, table, id);
      }
      deepStrictEqual(
        await read(tx.stream(`SELECT n FROM ${table} ORDER BY n`, [], { batchSize: 7 })),
        numbers(30),
      );
      deepStrictEqual(
        await read(tx.stream(`SELECT n FROM ${table} ORDER BY n`, [], { batchSize: 7 }), 8),
        numbers(8),
      );
      await tx.query(`DELETE FROM ${table} WHERE id > 1`);
    });
    await trial.has(table, 1);
  }),
  conformance(
    'several streams run beside each other',
    async ({ pool, harness }) => {
      const streams = Array.from({ length: 3 }, (): ReturnType<SqlPool['stream']> =>
        pool.stream(harness.series(ROWS), [], { batchSize: 100 }),
      );
      for (const seen of await Promise.all(streams.map((rows) => read(rows))))
        deepStrictEqual(seen, numbers(ROWS));
    },
    { unless: needs.readers },
  ),
  conformance('rows are read as arrays', async ({ pool, harness }) => {
    const seen: unknown[] = [];
    for await (const row of pool.stream(harness.series(3), [], { rowMode: 'array' })) seen.push(row);
    deepStrictEqual(seen, [[1], [2], [3]]);
  }),
];
