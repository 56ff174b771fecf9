import pg from 'pg';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { told, shown, type Bench } from './compare.fixture.js';

type Case = (bench: Bench) => Promise<void>;

/** Resolves with the arguments of a callback. */
function called(begin: (callback: (...args: unknown[]) => void) => unknown): Promise<unknown[]> {
  return new Promise((resolve) => begin((...args) => resolve(args)));
}

/** `pool.query` in every overload. */
export const queryCases: Readonly<Record<string, Case>> = {
  'a text': async (bench) => bench.outcome('text', bench.pool().query("SELECT 1 AS a, 'x' AS b, NULL AS c")),
  'a text with values': async (bench) =>
    bench.outcome('values', bench.pool().query('SELECT $1::int AS a, $2::text[] AS b', [1, ['x', 'y']])),
  'a config': async (bench) => {
    const pool = bench.pool({ max: 1 });
    await bench.outcome('config', pool.query({ text: 'SELECT $1::int AS a', values: [2] }));
    await bench.outcome('array', pool.query({ text: 'SELECT 1 AS a, 2 AS a', rowMode: 'array' }));
    await bench.outcome('values apart', pool.query({ text: 'SELECT $1::int AS a' }, [3]));
    for (const n of [1, 2]) {
      await bench.outcome('named', pool.query({ name: 'n', text: 'SELECT $1::int AS a', values: [n] }));
    }
    await bench.outcome('name taken', pool.query({ name: 'n', text: 'SELECT 3' }));
    const getTypeParser = (): never => ((value: string) => `<${value}>`) as never;
    await bench.outcome('types', pool.query({ text: 'SELECT 1 AS a', types: { getTypeParser } }));
    await bench.outcome('paged', pool.query({ text: 'SELECT generate_series(1, 5) AS a', rows: 2 } as never));
  },
  'commands and counts': async (bench) => {
    const pool = bench.pool({ max: 1 });
    for (const text of [
      'CREATE TEMP TABLE t (a int)',
      'INSERT INTO t SELECT generate_series(1, 3)',
      'UPDATE t SET a = a + 1 RETURNING a',
      'DELETE FROM t WHERE a = 99',
      'SELECT 1; SELECT 2 AS b',
      '',
      '-- nothing',
    ]) {
      await bench.outcome(text, pool.query(text));
    }
  },
  callbacks: async (bench) => {
    const pool = bench.pool();
    const results = [
      await called((done) => bench.note(pool.query('SELECT 1 AS a', done))),
      await called((done) => bench.note(pool.query('SELECT $1::int AS a', [2], done))),
      await called((done) => bench.note(pool.query({ text: 'SELECT 3 AS a' }, done))),
      await called((done) => bench.note(pool.query('SELEC', done))),
    ];
    bench.note(results.map(([error, result]) => [told(error), shown(result)]));
  },
  'the function comes first': async (bench) =>
    bench.note((await called((done) => bench.note(bench.pool().query(done as never)))).map(told)),
  'errors of the server': async (bench) => {
    const pool = bench.pool({ max: 1 });
    await bench.outcome('syntax', pool.query('SELEC'));
    await bench.outcome('value', pool.query('SELECT $1::int', ['x']));
    await bench.outcome('division', pool.query('SELECT 1/0'));
    await bench.outcome('afterwards', pool.query('SELECT 1 AS a'));
    bench.note((await pool.query('SELEC').catch((error: unknown) => error)) instanceof pg.DatabaseError);
  },
  misuse: async (bench) => {
    const pool = bench.pool({ max: 1 });
    await bench.outcome('null', pool.query(null as never));
    await bench.outcome('nothing', pool.query(undefined as never));
    await bench.outcome('no text', pool.query({} as never));
    await bench.outcome('values no array', pool.query('SELECT $1', 'x' as never));
    await bench.outcome('afterwards', pool.query('SELECT 1 AS a'));
  },
  'a Query of pg': async (bench) => {
    const pool = bench.pool({ max: 1 });
    const query = new pg.Query('SELECT 7 AS a');
    await bench.outcome('query', pool.query(query) as never);
    const client = await pool.connect();
    const rows = await called((done) =>
      bench.note(client.query(new pg.Query('SELECT 8 AS a', done)) instanceof pg.Query),
    );
    client.release();
    bench.note(shown(rows[1]));
  },
  'a cursor': async (bench) => {
    const client = await bench.pool().connect();
    const cursor = client.query(new Cursor<{ a: number }>('SELECT generate_series(1, 5) AS a'));
    bench.note(await cursor.read(2), await cursor.read(2), await cursor.read(2), await cursor.read(2));
    await cursor.close();
    await bench.outcome('afterwards', client.query('SELECT 1 AS a'));
    client.release();
  },
  'a stream of rows': async (bench) => {
    const pool = bench.pool({ max: 1 });
    const client = await pool.connect();
    const rows: unknown[] = [];
    for await (const row of client.query(new QueryStream('SELECT generate_series(1, 250) AS a')))
      rows.push(row);
    client.release();
    bench.note(rows.length, rows.at(-1));
    const stream = new QueryStream('SELECT generate_series(1, 3) AS a');
    const whole = bench.outcome('whole', pool.query(stream) as never);
    for await (const row of stream) bench.note(row);
    await whole;
    await bench.outcome('afterwards', pool.query('SELECT 1 AS a'));
  },
  'types of a pool': async (bench) => {
    const getTypeParser = (): never => ((value: string) => `<${value}>`) as never;
    await bench.outcome('types', bench.pool({ types: { getTypeParser } }).query('SELECT 1 AS a'));
  },
  'settings of a client': async (bench) => {
    const pool = bench.pool({
      statement_timeout: 1_234,
      application_name: 'compared',
      options: '-c geqo=off',
    });
    for (const name of ['statement_timeout', 'application_name', 'geqo']) {
      await bench.outcome(name, pool.query(`SELECT current_setting('${name}') AS a`));
    }
    await bench.outcome('query_timeout', bench.pool({ query_timeout: 20 }).query('SELECT pg_sleep(0.5)'));
  },
};
