import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { OptionsError, systemEnv, type Env, type Managed } from '@nest-pooling/core';
import { startPgBouncer, startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import type { SqlPool } from '@nest-pooling/sql';
import { postgres, type PostgresOptions } from './definition.js';
import { listen, notify } from './listen.js';
import type { ListenHandlerError } from './listen-errors.js';
import { direct, LIMIT_MS, until } from './servers.fixture.js';

jest.setTimeout(LIMIT_MS);

type Opened = Managed & { readonly face: SqlPool };

let cluster: PostgresCluster;
const opened: Opened[] = [];

beforeAll(async () => {
  cluster = await startPostgresCluster({ replicas: 1 });
}, LIMIT_MS);

afterEach(async () => {
  await Promise.all(opened.splice(0).map((pool) => pool.close()));
});

afterAll(() => cluster?.stop(), LIMIT_MS);

async function open(more: Partial<PostgresOptions> = {}, env: Env = systemEnv): Promise<SqlPool> {
  const options = { primary: { url: cluster.primary.url }, pool: { min: 1, max: 3 }, ...more };
  const pool = postgres(options).open('shop', env);
  opened.push(pool);
  await pool.start();
  return pool.face;
}

/** How many sessions listen, or have listened as their last deed. */
const listening = async (): Promise<number> => {
  const text =
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE query ~ '^(UN)?LISTEN' AND pid <> pg_backend_pid()";
  return (await direct(cluster.primary.url, text))[0]!.n as number;
};

describe('listen and notify', () => {
  it('hears what is committed, on a session that all channels share', async () => {
    const sql = await open();
    const heard: string[] = [];
    const hear =
      (name: string) =>
      ({ payload }: { payload: string }): void =>
        void heard.push(`${name} ${payload}`);
    const channels = ['orders', 'Odd "channel"; --', 'orders'];
    const [first, odd] = await Promise.all(
      channels.map((channel, at) => listen(sql, channel, hear(String(at)))),
    );
    expect(first).toMatchObject({ channel: 'orders', connected: true });
    expect(await listening()).toBe(1);
    expect((await sql.query('SELECT count(*)::int AS n FROM pg_listening_channels()')).rows).toEqual([
      { n: 0 },
    ]);
    await notify(sql, 'orders', 'one');
    await notify(sql, 'Odd "channel"; --', 'ünï');
    await sql
      .transaction(async () => {
        await notify(sql, 'orders', 'undone');
        throw new Error('undone');
      })
      .catch(() => {});
    await sql.transaction((tx) => notify(tx, 'orders', 'two'));
    await notify(sql, 'orders');
    await until(async () => heard.length === 7);
    expect(heard.filter((one) => one.startsWith('0'))).toEqual(['0 one', '0 two', '0 ']);
    expect(heard.filter((one) => one.startsWith('2'))).toEqual(['2 one', '2 two', '2 ']);
    expect(heard).toContain('1 ünï');
    await odd!.unlisten();
    await first!.unlisten();
    await first!.unlisten();
    await notify(sql, 'Odd "channel"; --', 'late');
    await notify(sql, 'orders', 'last');
    await until(async () => heard.length === 8);
    expect(heard[7]).toBe('2 last');
  });

  it('closes its session after the last subscription, and opens one for the next', async () => {
    const sql = await open();
    for (let round = 0; round < 3; round++) {
      await using subscription = await listen(sql, 'short', () => {});
      expect(subscription.connected).toBe(true);
      expect(await listening()).toBe(1);
    }
    await until(async () => (await listening()) === 0);
    // One that comes while the session is being closed.
    const one = await listen(sql, 'a', () => {});
    await one.unlisten();
    await listen(sql, 'b', () => {});
    expect(await listening()).toBe(1);
  });

  it('reports handlers that fail, and goes on', async () => {
    const sql = await open();
    const errors: ListenHandlerError[] = [];
    const heard: string[] = [];
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const failing = async ({ payload }: { payload: string }): Promise<void> => {
      heard.push(payload);
      throw new Error(`no ${payload}`);
    };
    await listen(sql, 'c', failing, { onError: (error) => errors.push(error) });
    await listen(sql, 'c', () => {
      throw new Error('at once');
    });
    await listen(sql, 'c', failing, {
      onError: () => {
        throw new Error('again');
      },
    });
    await notify(sql, 'c', 'x');
    await notify(sql, 'c', 'y');
    await until(async () => warn.mock.calls.length === 4 && errors.length === 2);
    expect(warn.mock.calls[0]).toEqual([
      expect.stringMatching(/a handler of the channel 'c' failed/),
      { type: 'ListenHandlerError', code: 'SQL_LISTEN_HANDLER_FAILED' },
    ]);
    warn.mockRestore();
    expect(
      errors.map(({ code, channel, message }) => [
        code,
        channel,
        message.includes('no x') || message.includes('no y'),
      ]),
    ).toEqual([
      ['SQL_LISTEN_HANDLER_FAILED', 'c', true],
      ['SQL_LISTEN_HANDLER_FAILED', 'c', true],
    ]);
    expect(heard).toEqual(['x', 'x', 'y', 'y']);
  });

  it('listens on the primary of a router', async () => {
    const router = postgres({
      primary: { url: cluster.primary.url },
      replicas: [{ url: cluster.replicas[0]!.url }],
    }).open('r', systemEnv);
    opened.push(router);
    await router.start();
    const heard = jest.fn();
    await listen(router.face, 'l', heard);
    await notify(router.face, 'l', 'x');
    await until(async () => heard.mock.calls.length === 1);
    expect(await listening()).toBe(1);
  });

  it('works behind a proxy that keeps the server, and is refused behind one that does not', async () => {
    await using bouncer = await startPgBouncer({ target: cluster.primary, mode: 'session' });
    const sql = await open({
      primary: { url: bouncer.urlOf(), proxied: 'session' },
      pool: { min: 0, max: 2 },
    });
    const heard = jest.fn();
    await listen(sql, 'm', heard);
    await notify(sql, 'm', 'x');
    await until(async () => heard.mock.calls.length === 1);
    const pooled = await open({ primary: { url: bouncer.urlOf(), proxied: true }, pool: { min: 0 } });
    await expect(listen(pooled, 'm', heard)).rejects.toThrow(
      /where nobody can listen; use a pool with a direct url/,
    );
    await Promise.all(opened.splice(0).map((pool) => pool.close()));
  });

  it('refuses what the server would cut off or refuse later', async () => {
    const sql = await open();
    for (const channel of ['', 'x'.repeat(64), 'a\0b', 7 as never]) {
      await expect(listen(sql, channel, () => {})).rejects.toThrow(OptionsError);
      await expect(notify(sql, channel)).rejects.toThrow(OptionsError);
    }
    await expect(listen(sql, 'x', 'handler' as never, { timeout: 1 } as never)).rejects.toThrow(
      /handler: .*\n.*timeout: is unknown/,
    );
    await expect(notify(sql, 'x', 'ü'.repeat(4_000))).rejects.toThrow(
      /shorter than 8000 bytes \(it has 8000\): store it in a table/,
    );
    await notify(sql, 'x', 'x'.repeat(7_999));
    await expect(listen({} as never, 'x', () => {})).rejects.toThrow(/pool: must be a SqlPool/);
  });
});
