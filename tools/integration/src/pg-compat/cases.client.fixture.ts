import { Client, type PoolClient } from 'pg';
import { once, several, settled, told, type Bench } from './compare.fixture.js';

type Case = (bench: Bench) => Promise<void>;

/** Borrowing, returning, events and counts. */
export const clientCases: Readonly<Record<string, Case>> = {
  'one borrowing': async (bench) => {
    const pool = bench.pool({ max: 1 });
    bench.listen(pool);
    bench.counts(pool);
    const client = await pool.connect();
    bench.note(client instanceof Client, typeof client.release, pool.listenerCount('connect'));
    bench.counts(pool);
    client.release();
    bench.counts(pool);
    const again = await pool.connect();
    bench.note(again === client);
    again.release(true);
    bench.note(pool.totalCount, pool.idleCount);
    await once(pool, 'remove');
    const another = await pool.connect();
    bench.note(another === client);
    const removed = once(pool, 'remove');
    another.release(new Error('broken'));
    await removed;
    await pool.end();
  },
  'events of a query': async (bench) => {
    const pool = bench.pool({ max: 1 });
    bench.listen(pool, 'remove');
    await pool.query('SELECT 1');
    await pool.query('SELECT 1');
    await pool.query('SELEC').catch(() => {});
  },
  'a callback': async (bench) => {
    const pool = bench.pool({ max: 1 });
    for (let n = 0; n < 2; n++) {
      let later = false;
      await new Promise<void>((resolve) => {
        const answer: unknown = pool.connect((error, client, done) => {
          bench.note(later, told(error), client instanceof Client, client?.release === done);
          done();
          resolve();
        });
        later = true;
        bench.note(answer);
      });
    }
  },
  'a second release': async (bench) => {
    const pool = bench.pool({ max: 1 });
    const client = await pool.connect();
    client.release();
    const { release } = client;
    for (const again of [() => client.release(), () => client.release(true)]) {
      try {
        again();
        bench.note('no error');
      } catch (error) {
        bench.note(told(error));
      }
    }
    const next = await pool.connect();
    bench.note(next === client, next.release === release);
    try {
      release();
    } catch (error) {
      bench.note(told(error));
    }
    next.release();
    bench.counts(pool);
  },
  'max, and who waits': async (bench) => {
    const pool = bench.pool({ max: 2 });
    const clients = await several(pool, 2);
    const order: number[] = [];
    const waiters = [1, 2, 3].map(async (n) => {
      const client = await pool.connect();
      order.push(n);
      await client.query('SELECT 1');
      client.release();
    });
    await settled();
    bench.counts(pool);
    for (const client of clients) client.release();
    await Promise.all(waiters);
    bench.note(order);
    bench.counts(pool);
  },
  'the last one returned is lent first': async (bench) => {
    const pool = bench.pool({ max: 3 });
    const [a, b, c] = (await several(pool, 3)) as [PoolClient, PoolClient, PoolClient];
    for (const client of [b, a, c]) client.release();
    const again = await several(pool, 3);
    bench.note(again.map((client) => [a, b, c].indexOf(client)));
    for (const client of again) client.release();
  },
  'a client that ended itself': async (bench) => {
    const pool = bench.pool({ max: 1 });
    bench.listen(pool);
    const client = await pool.connect();
    await client.end();
    const removed = once(pool, 'remove');
    client.release();
    await removed;
    await bench.outcome('afterwards', pool.query('SELECT 1 AS a'));
    bench.counts(pool);
  },
  'an idle connection is lost': async (bench) => {
    const pool = bench.pool({ max: 2 });
    bench.listen(pool, 'acquire', 'release');
    const one = await pool.connect();
    const other = await pool.connect();
    one.release();
    const lost = once(pool, 'error');
    const removed = once(pool, 'remove');
    await other.query('SELECT pg_terminate_backend($1)', [
      (one as unknown as { processID: number }).processID,
    ]);
    const [error, client] = (await lost) as [Error & { client: unknown }, unknown];
    await removed;
    bench.note(client === one, error.client === one);
    bench.counts(pool);
    other.release();
    await bench.outcome('afterwards', pool.query('SELECT 1 AS a'));
  },
  'a lent connection is lost': async (bench) => {
    const pool = bench.pool({ max: 2 });
    bench.listen(pool, 'acquire');
    const one = await pool.connect();
    const other = await pool.connect();
    const errors: unknown[] = [];
    one.on('error', (error) => errors.push(told(error)));
    // The last words and the end may come together.
    const ended = new Promise((resolve) => one.once('end', () => resolve(undefined)));
    const sleeping = bench.outcome('sleep', one.query('SELECT pg_sleep(60)'));
    await other.query('SELECT pg_terminate_backend($1)', [
      (one as unknown as { processID: number }).processID,
    ]);
    await sleeping;
    await ended;
    await settled();
    bench.note(errors);
    await bench.outcome('next', one.query('SELECT 1'));
    const removed = once(pool, 'remove');
    one.release();
    await removed;
    other.release();
    await bench.outcome('afterwards', pool.query('SELECT 1 AS a'));
    bench.note(pool.totalCount);
  },
  maxUses: async (bench) => {
    const pool = bench.pool({ max: 1, maxUses: 2 });
    bench.listen(pool);
    for (let n = 1; n <= 5; n++) {
      const removed = n % 2 === 0 ? once(pool, 'remove') : undefined;
      await pool.query('SELECT 1');
      // Servers take their time to let go, and the next connection may be there before.
      await removed;
    }
    await pool.end();
  },
  'an open transaction is seen by its borrower': async (bench) => {
    const pool = bench.pool({ max: 1 });
    const client = await pool.connect();
    await client.query('BEGIN');
    bench.note(client.getTransactionStatus());
    await client.query('ROLLBACK');
    client.release();
    bench.note(client.getTransactionStatus());
  },
  'the class of the clients': async (bench) => {
    class Own extends Client {}
    const pools = [bench.pool({ Client: Own }), bench.pool({}, Own), bench.pool()];
    for (const pool of pools) {
      const client = await pool.connect();
      bench.note(client instanceof Own, (pool as unknown as { Client: unknown }).Client === Own);
      client.release();
    }
  },
};
