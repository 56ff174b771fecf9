import type { Pool, QueryOptions } from 'mysql2';
import { shown, told, type Bench } from './compare.fixture.js';

type Case = (bench: Bench) => Promise<void>;

/** A call with a callback, as what it tells. */
function called(run: (callback: (...args: unknown[]) => void) => unknown): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    run((error, ...rest) => (error ? reject(error) : resolve(rest)));
  });
}

async function statements(bench: Bench, on: Pick<Pool, 'query' | 'execute'>): Promise<void> {
  type Call = (sql: unknown, ...rest: unknown[]) => unknown;
  const call =
    (way: 'query' | 'execute') =>
    (sql: string | QueryOptions, ...values: unknown[]): Promise<unknown[]> =>
      called((callback) => (on as unknown as Record<typeof way, Call>)[way](sql, ...values, callback));
  const query = call('query');
  const execute = call('execute');
  await bench.outcome('a text', query('SELECT 1 AS a, "x" AS b, NULL AS c, 0.1 AS d'));
  await bench.outcome('values', query('SELECT ? AS a, ? AS b', [1, 'it’s']));
  await bench.outcome('a list', query('SELECT id FROM item WHERE id IN (?) ORDER BY id', [[1, 2, 3]]));
  await bench.outcome('an object', query('UPDATE item SET ? WHERE id = ?', [{ id: 1 }, 1]));
  await bench.outcome('arrays', query({ sql: 'SELECT 1 AS a, 2 AS a', rowsAsArray: true }));
  await bench.outcome('values in it', query({ sql: 'SELECT ? AS a', values: [7] }));
  await bench.outcome('nested', query({ sql: 'SELECT i.id FROM item i WHERE id = 1', nestTables: true }));
  await bench.outcome('nested by _', query({ sql: 'SELECT i.id FROM item i WHERE id = 1', nestTables: '_' }));
  await bench.outcome('names', query({ sql: 'SELECT :a AS a', namedPlaceholders: true }, { a: 3 }));
  await bench.outcome(
    'a cast',
    query({
      sql: 'SELECT 1 AS a, 2 AS b',
      typeCast: (field, next) => (field.name === 'a' ? `<${field.string()}>` : next()),
    }),
  );
  await bench.outcome('a write', query('INSERT INTO note (body) VALUES (?)', ['x']));
  await bench.outcome('a changed row', query("UPDATE note SET body = 'y' WHERE body = 'x'"));
  await bench.outcome('nothing changed', query("UPDATE note SET body = 'y' WHERE body = 'y'"));
  await bench.outcome('a warning', query('SELECT 1 / 0 AS a'));
  await bench.outcome('no rows', query('SELECT id FROM item WHERE id < 0'));
  await bench.outcome('a duplicate', query('INSERT INTO item VALUES (1, 1)'));
  await bench.outcome('a mistake', query('SELEC 1'));
  await bench.outcome('no such table', query('SELECT * FROM nowhere WHERE id = ?', [1]));
  await bench.outcome('prepared', execute('SELECT id, n FROM item WHERE id = ?', [2]));
  await bench.outcome('prepared without values', execute('SELECT 1.5 AS a, CAST(0.1 AS float) AS b'));
  await bench.outcome('a prepared write', execute('INSERT INTO note (body) VALUES (?)', ['z']));
  await bench.outcome('a prepared duplicate', execute('INSERT INTO item VALUES (?, 1)', [1]));
  await bench.outcome('a prepared mistake', execute('SELEC ?', [1]));
  await bench.outcome('prepared, wrong in the row', execute('SELECT id FROM nowhere WHERE id = ?', [1]));
  await bench.outcome('a date', execute('SELECT ? AS a', [new Date(0)]));
  await bench.outcome('undefined', execute('SELECT ? AS a', [undefined]));
  await bench.outcome('a time limit', query({ sql: 'SELECT SLEEP(0.3)', timeout: 20 }));
  await query('DELETE FROM note');
}

/** Statements, on a pool and on a connection. */
export const queryCases: Readonly<Record<string, Case>> = {
  'statements of a pool': async (bench) => {
    const pool = bench.pool();
    await statements(bench, pool);
  },
  'statements of a connection': async (bench) => {
    const pool = bench.pool();
    const connection = await new Promise<Pool>((resolve, reject) => {
      pool.getConnection((error, lent) => (error ? reject(error) : resolve(lent as unknown as Pool)));
    });
    await statements(bench, connection);
    (connection as unknown as { release(): void }).release();
  },
  promises: async (bench) => {
    const pool = bench.pool().promise();
    await bench.outcome('a query', pool.query('SELECT ? AS a', [1]));
    await bench.outcome('prepared', pool.execute('SELECT ? AS a', [1]));
    await bench.outcome('a mistake', pool.query('SELEC'));
    const connection = await pool.getConnection();
    bench.note(connection.constructor.name, typeof connection.release);
    await bench.outcome('begin', connection.beginTransaction());
    await bench.outcome('a write', connection.query("INSERT INTO note (body) VALUES ('p')"));
    await bench.outcome('rollback', connection.rollback());
    await bench.outcome('commit', connection.commit());
    await bench.outcome('a ping', connection.ping());
    const statement = await connection.prepare('SELECT ? AS a');
    await bench.outcome('by hand', statement.execute([5]));
    await statement.close();
    connection.release();
    await bench.outcome('what is left', pool.query("SELECT count(*) AS n FROM note WHERE body = 'p'"));
  },
  events: async (bench) => {
    const pool = bench.pool();
    for (const sql of ['SELECT 1 AS a UNION SELECT 2', "INSERT INTO note (body) VALUES ('e')", 'SELEC']) {
      const names: unknown[] = [];
      await new Promise<void>((resolve) => {
        pool
          .query(sql)
          .on('fields', (fields: unknown) => names.push(['fields', shown(fields)]))
          .on('result', (row: object) => names.push(['result', shown({ ...row })]))
          .on('error', (error: unknown) => names.push(['error', told(error)]))
          .on('end', () => resolve());
      });
      bench.note(...names);
    }
    await new Promise<void>((resolve) => pool.query("DELETE FROM note WHERE body = 'e'", () => resolve()));
  },
  'a stream': async (bench) => {
    const pool = bench.pool();
    const rows: unknown[] = [];
    for await (const row of pool.query('SELECT id FROM item ORDER BY id').stream({ highWaterMark: 2 }))
      rows.push(row);
    bench.note(rows.length, rows.at(-1));
    const failing = async (): Promise<void> => {
      for await (const row of pool.query('SELECT * FROM nowhere').stream()) rows.push(row);
    };
    await bench.outcome('a mistake', failing());
  },
  'texts without a server': async (bench) => {
    const pool = bench.pool();
    bench.note(pool.escape("it's"), pool.escapeId('a.b'), pool.format('SELECT ?, ??', ['x', 'y']));
    bench.note(pool.promise().escape(null), pool.promise().format('SELECT ?', [1]));
  },
};
