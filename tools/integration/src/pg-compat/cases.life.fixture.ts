import { createServer, type AddressInfo } from 'node:net';
import { Client, type PoolClient, type PoolConfig } from 'pg';
import { once, several, settled, told, type AnyPool, type Bench } from './compare.fixture.js';

type Case = (bench: Bench) => Promise<void>;

/** Borrows one, however long a machine with much to do takes to connect. */
async function connected(pool: AnyPool): Promise<PoolClient> {
  for (;;) {
    const client = await pool.connect().catch(() => undefined);
    if (client !== undefined) return client;
  }
}

/** Options, timeouts, hooks, failures to connect, and the end. */
export const lifeCases: Readonly<Record<string, Case>> = {
  'options and defaults': async (bench) => {
    for (const pool of [bench.pool(), bench.pool({ max: 3, min: 1, password: 'secret', maxUses: 7 })]) {
      const {
        connectionString: _,
        pooling: __,
        ...options
      } = pool.options as unknown as Record<string, unknown>;
      bench.note(options, 'password' in pool.options, Object.keys(options).includes('password'));
      bench.note(pool.ending, pool.ended);
    }
  },
  'a full pool and a timeout': async (bench) => {
    const pool = bench.pool({ max: 1, connectionTimeoutMillis: 60 });
    const client = await connected(pool);
    const waiting = bench.outcome('connect', pool.connect());
    const query = bench.outcome('query', pool.query('SELECT 1'));
    const called = new Promise((resolve) => {
      pool.connect((error, none) => resolve([told(error), none]));
    });
    const callback = bench.outcome('callback', called);
    bench.counts(pool);
    await Promise.all([waiting, query, callback]);
    bench.counts(pool);
    client.release();
    await bench.outcome('afterwards', pool.query('SELECT 1 AS a'));
  },
  'a server that never answers': async (bench) => {
    const server = createServer((socket) => void socket.resume()).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const pool = bench.pool({
      connectionString: `postgres://postgres@127.0.0.1:${port}/postgres`,
      connectionTimeoutMillis: 60,
    });
    await bench.outcome('connect', pool.connect());
    await bench.outcome('query', pool.query('SELECT 1'));
    await settled();
    bench.counts(pool);
    await pool.end();
    await new Promise((resolve) => server.close(resolve));
  },
  'nobody listens there': async (bench) => {
    const pool = bench.pool({ connectionString: 'postgres://postgres@127.0.0.1:1/postgres' });
    bench.listen(pool);
    await bench.outcome('connect', pool.connect());
    await bench.outcome('query', pool.query('SELECT 1'));
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => pool.connect()));
    bench.note(
      new Set(outcomes.map((one) => (one.status === 'rejected' ? (one.reason as Error).message : 'ok'))).size,
    );
    await settled();
    bench.counts(pool);
  },
  'the server refuses': async (bench) => {
    const pool = bench.pool({ connectionString: bench.url.replace(/\/[^/]*$/, '/none') });
    await bench.outcome('connect', pool.connect());
    await bench.outcome('query', pool.query('SELECT 1'));
    await settled();
    bench.counts(pool);
  },
  'the server refuses the second connection only': async (bench) => {
    let calls = 0;
    const onConnect: unknown = (): Promise<void> =>
      ++calls === 2 ? Promise.reject(new Error('not you')) : Promise.resolve();
    const pool = bench.pool({ max: 2, onConnect: onConnect as PoolConfig['onConnect'] });
    const client = await pool.connect();
    await bench.outcome('second', pool.connect());
    client.release();
    bench.note(pool.totalCount);
  },
  'idleTimeoutMillis and min': async (bench) => {
    const pool = bench.pool({ max: 3, min: 1, idleTimeoutMillis: 100 });
    const clients = await several(pool, 3);
    for (const client of clients) client.release();
    bench.note(pool.totalCount);
    await once(pool, 'remove');
    while (pool.totalCount > 1) await settled();
    bench.counts(pool);
  },
  'idleTimeoutMillis 0': async (bench) => {
    const pool = bench.pool({ idleTimeoutMillis: 0 });
    await pool.query('SELECT 1');
    bench.counts(pool);
  },
  maxLifetimeSeconds: async (bench) => {
    const pool = bench.pool({ max: 1, maxLifetimeSeconds: 1 });
    // pg.Pool lends an idle one to itself to be rid of it.
    bench.listen(pool, 'acquire', 'release');
    const client = await pool.connect();
    bench.note(pool.expiredCount);
    while (pool.expiredCount === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const removed = once(pool, 'remove');
    client.release();
    await removed;
    bench.counts(pool);
    await pool.query('SELECT 1');
    await once(pool, 'remove');
    bench.counts(pool);
  },
  verify: async (bench) => {
    let calls = 0;
    const pool = bench.pool({
      max: 1,
      verify: (client, done) => {
        calls++;
        bench.note(client instanceof Client, typeof client.release);
        done(calls === 1 ? new Error('unfit') : undefined);
      },
    });
    bench.listen(pool, 'remove', 'acquire');
    await bench.outcome('first', pool.connect());
    while (pool.totalCount > 0) await settled();
    await bench.outcome('second', pool.query('SELECT 1 AS a'));
    await bench.outcome('third', pool.query('SELECT 1 AS a'));
    bench.note(calls);
  },
  onConnect: async (bench) => {
    const onConnect: unknown = async (client: unknown): Promise<void> => {
      await (client as Client).query("SET application_name = 'hooked'");
    };
    const pool = bench.pool({ max: 1, onConnect: onConnect as PoolConfig['onConnect'] });
    pool.on('connect', (client) => void client.query("SELECT set_config('my.set', 'listened', false)"));
    await bench.outcome('hook', pool.query('SHOW application_name'));
    await bench.outcome('listener', pool.query("SELECT current_setting('my.set') AS a"));
  },
  'a Promise of one’s own': async (bench) => {
    class Own<T> extends Promise<T> {}
    const pool = bench.pool({ Promise: Own });
    const connecting = pool.connect();
    const querying = pool.query('SELECT 1');
    bench.note(connecting instanceof Own, querying instanceof Own);
    (await connecting).release();
    await querying;
    const ending = pool.end();
    bench.note(ending instanceof Own);
    await ending;
  },
  log: async (bench) => {
    const lines: unknown[] = [];
    const pool = bench.pool({ log: (...line) => lines.push(line) });
    await pool.query('SELECT 1');
    await pool.end();
    bench.note(
      ['connecting new client', 'new client connected', 'ending'].map((line) => lines.flat().includes(line)),
    );
  },
  'the end': async (bench) => {
    const pool = bench.pool({ max: 2 });
    const [one, other] = await several(pool, 2);
    other!.release();
    let ended = false;
    const ending = pool.end().then(() => (ended = true));
    bench.note(pool.ending, pool.ended);
    await bench.outcome('connect', pool.connect());
    await bench.outcome('query', pool.query('SELECT 1'));
    await bench.outcome('end', pool.end());
    await new Promise<void>((resolve) => {
      pool.connect((error, client) => {
        bench.note(told(error), client);
        resolve();
      });
    });
    await new Promise<void>((resolve) => {
      pool.end((...args: unknown[]) => {
        bench.note(args.map(told));
        resolve();
      });
    });
    await bench.outcome('lent', one!.query('SELECT 1 AS a'));
    bench.note(ended);
    one!.release();
    await ending;
    bench.note(pool.ending, pool.ended);
    bench.counts(pool);
  },
  'the end of a pool that nobody used': async (bench) => {
    const pool = bench.pool();
    await bench.outcome('end', pool.end());
    bench.note(pool.ended);
    await new Promise<void>((resolve) => bench.pool().end((...args: unknown[]) => resolve(bench.note(args))));
  },
};
