import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { rejects, type Trial } from './trial.js';
import { conformance } from './suite.js';

const OPERATIONS = 200;
const ROWS = 50;
const undone = new Error('undone');

/** One of many at a time. Answers what it has added to the sum. */
type Operation = (trial: Trial, table: string, n: number) => Promise<number>;

const byId: Operation = async ({ pool, harness }, table, n) => {
  const id = 1 + (n % ROWS);
  const text = `SELECT id, n FROM ${table} WHERE id = ${harness.placeholder(1)}`;
  const { rows } = await pool.query<{ id: number }>(text, [id]);
  strictEqual(rows.length, 1);
  strictEqual(rows[0]!.id, id);
  return 0;
};

const add: Operation = async ({ pool, harness }, table, n) => {
  const text = `UPDATE ${table} SET n = n + 1 WHERE id = ${harness.placeholder(1)}`;
  strictEqual((await pool.query(text, [1 + (n % ROWS)])).rowCount, 1);
  return 1;
};

const move: Operation = async ({ pool, harness }, table, n) => {
  // Always in the same order, so that no two wait for each other.
  const [from, to] = [1 + (n % (ROWS - 1)), 2 + (n % (ROWS - 1))];
  await pool.transaction(async () => {
    await pool.query(`UPDATE ${table} SET n = n - 1 WHERE id = ${harness.placeholder(1)}`, [from]);
    await pool.query(`UPDATE ${table} SET n = n + 3 WHERE id = ${harness.placeholder(1)}`, [to]);
  });
  return 2;
};

const undo: Operation = async ({ pool }, table) => {
  const failing = pool.transaction(async (tx) => {
    await tx.query(`UPDATE ${table} SET n = n + 1000 WHERE id = 1`);
    throw undone;
  });
  await failing.then(
    () => ok(false, 'it should have been undone'),
    (error: unknown) => strictEqual(error, undone),
  );
  return 0;
};

const violate: Operation = async (trial, table) => {
  await rejects(trial.put(trial.pool, table, 1), { kind: 'unique-violation' });
  return 0;
};

const stream: Operation = async ({ pool }, table, n) => {
  let last = 0;
  for await (const { id } of pool.stream<{ id: number }>(`SELECT id FROM ${table} ORDER BY id`, [], {
    batchSize: 9,
  })) {
    strictEqual(id, ++last);
    if (n % 2 === 0 && last === 20) break;
  }
  strictEqual(last, n % 2 === 0 ? 20 : ROWS);
  return 0;
};

const giveUp: Operation = async ({ pool, harness }, table) => {
  const cut = new AbortController();
  const running = pool.query(harness.series(3), [], { signal: cut.signal });
  await Promise.resolve();
  cut.abort(new Error('enough'));
  await running.catch(() => {});
  void table;
  return 0;
};

const MIX: readonly Operation[] = [byId, add, byId, move, byId, stream, undo, byId, violate, giveUp];

/** Many at a time. */
export const load = [
  conformance(
    `${OPERATIONS} operations of all kinds at a time: every row and every sum is right`,
    async (trial) => {
      const table = await trial.items();
      const rows = Array.from({ length: ROWS }, (_, at) => `(${at + 1}, 0)`).join(', ');
      await trial.pool.query(`INSERT INTO ${table} (id, n) VALUES ${rows}`);
      const added = await Promise.all(
        Array.from({ length: OPERATIONS }, (_, n) => MIX[n % MIX.length]!(trial, table, n)),
      );
      const expected = added.reduce((sum, one) => sum + one, 0);
      const { rows: sums } = await trial.pool.query(`SELECT sum(n) AS s, count(*) AS c FROM ${table}`);
      deepStrictEqual(Object.values(sums[0]!).map(Number), [expected, ROWS]);
    },
  ),
  conformance('2,000 reads at once get each their own answer', async ({ pool, harness }) => {
    const text = `SELECT ${harness.placeholder(1)} AS n`;
    const results = await Promise.all(
      Array.from({ length: 2_000 }, (_, n) => pool.query<{ n: unknown }>(text, [String(n)])),
    );
    for (const [n, { rows }] of results.entries()) deepStrictEqual(rows, [{ n: String(n) }]);
  }),
];
