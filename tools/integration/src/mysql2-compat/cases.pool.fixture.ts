import mysql2, { type Pool } from 'mysql2';
import { told, type Bench } from './compare.fixture.js';
import { borrow, countsOf } from './faces.fixture.js';

type Case = (bench: Bench) => Promise<void>;

function ended(pool: Pool): Promise<void> {
  return new Promise((resolve, reject) => pool.end((error) => (error ? reject(error) : resolve())));
}

/** Borrowing, returning, limits and the end. */
export const poolCases: Readonly<Record<string, Case>> = {
  'one borrowing': async (bench) => {
    const pool = bench.pool({ connectionLimit: 1 });
    for (const event of ['connection', 'acquire', 'release', 'enqueue'])
      pool.on(event, () => bench.note(event));
    bench.note(countsOf(pool));
    const connection = await borrow(pool);
    bench.note(
      countsOf(pool),
      connection instanceof (mysql2 as unknown as { PoolConnection: new () => object }).PoolConnection,
    );
    bench.note(connection.listeners('error').length > 0, typeof connection.threadId);
    connection.release();
    connection.release();
    bench.note(countsOf(pool));
    const again = await borrow(pool);
    bench.note(again === connection);
    again.destroy();
    const another = await borrow(pool);
    bench.note(another === connection);
    pool.releaseConnection(another);
    await ended(pool);
    bench.note(
      pool instanceof (mysql2 as unknown as { Pool: new () => object }).Pool,
      pool.constructor.name.length > 0,
    );
  },
  'later, never at once': async (bench) => {
    const pool = bench.pool({ connectionLimit: 1 });
    for (let n = 0; n < 2; n++) {
      let later = false;
      await new Promise<void>((resolve) => {
        const answer: unknown = pool.getConnection((error, connection) => {
          bench.note(later, error);
          connection.release();
          resolve();
        });
        later = true;
        bench.note(answer);
      });
    }
  },
  'who waits': async (bench) => {
    const pool = bench.pool({ connectionLimit: 2, queueLimit: 3 });
    const lent = await Promise.all([borrow(pool), borrow(pool)]);
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (n) => {
      const connection = await borrow(pool);
      order.push(n);
      connection.release();
    });
    bench.note(countsOf(pool));
    await bench.outcome('one too many', borrow(pool));
    for (const connection of lent) connection.release();
    await Promise.all(waiting);
    bench.note(order, countsOf(pool));
  },
  'nobody waits': async (bench) => {
    const pool = bench.pool({ connectionLimit: 1, waitForConnections: false });
    const connection = await borrow(pool);
    await bench.outcome('a connection', borrow(pool));
    await bench.outcome('a query', pool.promise().query('SELECT 1'));
    connection.release();
    await bench.outcome('now', pool.promise().query('SELECT 1 AS a'));
  },
  'a wrong password': async (bench) => {
    const pool = bench.pool({ password: 'wrong' });
    for (let n = 0; n < 2; n++) {
      const error = await borrow(pool).catch((refused: unknown) => refused);
      bench.note((error as { code: string }).code, (error as { errno: number }).errno);
    }
    const outcome = await pool
      .promise()
      .query('SELECT 1')
      .catch((refused: unknown) => refused);
    bench.note((outcome as { code: string }).code);
  },
  'nobody is there': async (bench) => {
    const pool = bench.pool({ host: '127.0.0.1', port: 1 });
    const error = (await borrow(pool).catch((refused: unknown) => refused)) as {
      code: string;
      fatal: boolean;
    };
    bench.note(error.code, error.fatal);
  },
  'the end': async (bench) => {
    const pool = bench.pool({ connectionLimit: 1 });
    const connection = await borrow(pool);
    const running = bench.outcome('what runs', connection.promise().query('SELECT SLEEP(0.05) AS a'));
    const waiting = bench.outcome('who waits', borrow(pool));
    await ended(pool);
    await Promise.all([running, waiting]);
    await bench.outcome('a connection', borrow(pool));
    await bench.outcome('a query', pool.promise().query('SELECT 1'));
    await bench.outcome('prepared', pool.promise().execute('SELECT 1'));
    connection.release();
  },
  'a lent connection is lost': async (bench) => {
    const pool = bench.pool({ connectionLimit: 2 });
    const [one, other] = await Promise.all([borrow(pool), borrow(pool)]);
    const errors: unknown[] = [];
    one.on('error', (error: unknown) => errors.push((told(error) as { code: string }).code));
    const sleeping = one
      .promise()
      .query('SELECT SLEEP(60)')
      .then(
        () => 'answered',
        () => 'failed',
      );
    const gone = new Promise((resolve) => one.once('end', resolve));
    await other.promise().query(`KILL ${one.threadId}`);
    bench.note(await sleeping);
    await gone;
    one.release();
    bench.note(countsOf(pool));
    other.release();
    await bench.outcome('afterwards', pool.promise().query('SELECT 1 AS a'));
    bench.note(countsOf(pool));
  },
  'an idle connection is lost': async (bench) => {
    const pool = bench.pool({ connectionLimit: 2 });
    const [one, other] = await Promise.all([borrow(pool), borrow(pool)]);
    one.release();
    const gone = new Promise((resolve) => one.once('end', resolve));
    await other.promise().query(`KILL ${one.threadId}`);
    await gone;
    bench.note(countsOf(pool));
    const next = await borrow(pool);
    bench.note(next === one);
    for (const connection of [other, next]) connection.release();
  },
  'an open transaction is seen by its borrower': async (bench) => {
    const pool = bench.pool({ connectionLimit: 1 });
    const connection = (await borrow(pool)).promise();
    await connection.beginTransaction();
    await connection.query("INSERT INTO note (body) VALUES ('t')");
    await bench.outcome('inside', connection.query("SELECT count(*) AS n FROM note WHERE body = 't'"));
    await connection.rollback();
    await bench.outcome('after', connection.query("SELECT count(*) AS n FROM note WHERE body = 't'"));
    connection.release();
  },
  'reset when it comes back': async (bench) => {
    const pool = bench.pool({ connectionLimit: 1, resetOnRelease: true });
    const connection = (await borrow(pool)).promise();
    await connection.query('SET @mine = 5');
    connection.release();
    await bench.outcome('next', pool.promise().query('SELECT @mine AS mine'));
  },
};
