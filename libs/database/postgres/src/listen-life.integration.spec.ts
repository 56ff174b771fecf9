import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { systemEnv, type Env, type Managed } from '@nest-pooling/core';
import { PoolBudget } from '@nest-pooling/pool';
import { startFaultProxy, startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import type { SqlPool } from '@nest-pooling/sql';
import { postgres, type PostgresOptions } from './definition.js';
import { listen, notify } from './listen.js';
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

describe('the session that listens', () => {
  it.each(['the backend is terminated', 'the server is restarted'])(
    'listens again after %s, and says so',
    async (how) => {
      const sql = await open();
      const heard: string[] = [];
      const gaps: number[] = [];
      const hear = ({ payload }: { payload: string }): number => heard.push(payload);
      const options = { onReconnect: ({ silentMs }: { silentMs: number }) => gaps.push(silentMs) };
      await listen(sql, 'd', hear, options);
      await listen(sql, 'e', hear, options);
      if (how.startsWith('the server')) await cluster.primary.restart();
      else
        await direct(
          cluster.primary.url,
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'",
        );
      await until(async () => gaps.length === 2);
      await notify(sql, 'd', 'there');
      await notify(sql, 'e', 'again');
      await until(async () => heard.length === 2);
      expect(heard.toSorted()).toEqual(['again', 'there']);
      expect(gaps.every((ms) => ms >= 0)).toBe(true);
      expect(await listening()).toBe(1);
    },
  );

  it('notices a connection on which nothing comes any more', async () => {
    await using proxy = await startFaultProxy({ target: cluster.primary });
    const timers: (() => void)[] = [];
    // The check that comes after 30 s, now.
    const { scheduler } = systemEnv;
    const env: Env = {
      ...systemEnv,
      scheduler: {
        now: () => scheduler.now(),
        wallMs: () => scheduler.wallMs(),
        afterIo: (fn) => scheduler.afterIo(fn),
        get lastStallMs() {
          return scheduler.lastStallMs;
        },
        after: (ms, fn) => {
          if (ms === 30_000) timers.push(fn);
          return scheduler.after(ms === 5_000 ? 300 : ms, fn);
        },
      },
    };
    const sql = await open(
      { primary: { host: '127.0.0.1', port: proxy.port, user: 'postgres', database: 'postgres' } },
      env,
    );
    const gaps: number[] = [];
    const subscription = await listen(sql, 'f', () => {}, {
      onReconnect: ({ silentMs }) => gaps.push(silentMs),
    });
    await until(async () => timers.length > 0);
    await proxy.blackhole();
    timers.at(-1)!();
    await until(async () => !subscription.connected);
    await proxy.pass();
    await until(async () => gaps.length === 1 && subscription.connected);
    expect(gaps[0]).toBeGreaterThan(0);
  });

  it('says why it could not begin', async () => {
    const sql = await open({ primary: { url: cluster.replicas[0]!.url } });
    const failing = listen(sql, 'g', () => {}, { timeoutMs: 500 });
    await expect(failing).rejects.toMatchObject({
      code: 'SQL_LISTEN_FAILED',
      category: 'timeout',
      cause: { code: '25006' },
    });
    const abort = new AbortController();
    const waiting = listen(sql, 'g', () => {}, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toMatchObject({
      code: 'SQL_LISTEN_FAILED',
      category: 'cancelled',
      cause: { message: 'enough' },
    });
    await expect(listen(sql, 'g', () => {}, { signal: abort.signal })).rejects.toMatchObject({
      category: 'cancelled',
    });
    const closed = listen(sql, 'g', () => {});
    closed.catch(() => {});
    const [pool] = opened.splice(0);
    await pool!.close();
    await expect(closed).rejects.toThrow(/the pool was closed/);
    await expect(listen(sql, 'g', () => {})).rejects.toThrow(/the pool is closed/);
  });

  it('ends with its signal, and with its pool', async () => {
    const sql = await open();
    const heard = jest.fn();
    const abort = new AbortController();
    await listen(sql, 'h', heard, { signal: abort.signal });
    abort.abort();
    await until(async () => (await listening()) === 0);
    await listen(sql, 'h', heard);
    expect(await listening()).toBe(1);
    const [pool] = opened.splice(0);
    await pool!.drain();
    expect(await listening()).toBe(0);
    await direct(cluster.primary.url, "NOTIFY h, 'x'");
    expect(heard).not.toHaveBeenCalled();
  });

  it('is opened anew with the sessions of its pool', async () => {
    const sql = await open();
    const gaps = jest.fn();
    await listen(sql, 'i', () => {}, { onReconnect: gaps });
    opened[0]!.evict('password rotated');
    await until(async () => gaps.mock.calls.length === 1);
    expect(await listening()).toBe(1);
  });

  it('is no part of the sizes of its pool, but of its budget', async () => {
    const budget = new PoolBudget({ limit: 2 });
    const sql = await open({ pool: { min: 1, max: 1 } }, { ...systemEnv, budget });
    await listen(sql, 'j', () => {});
    expect(opened[0]!.report().nodes['shop.primary']).toMatchObject({ total: 1 });
    expect(budget.report()).toMatchObject({ held: 2, free: 0 });
    const other = await open({ required: false, pool: { min: 0, max: 1 } }, { ...systemEnv, budget });
    const waiting = listen(other, 'k', () => {}, { timeoutMs: 100 });
    await expect(waiting).rejects.toMatchObject({
      code: 'SQL_LISTEN_FAILED',
      cause: { message: expect.stringMatching(/no permit left/) },
    });
    const patient = listen(other, 'k', () => {});
    await opened.shift()!.close();
    await patient;
    await opened.shift()!.close();
    expect(budget.report()).toMatchObject({ held: 0, waiting: 0, misuses: 0 });
  });
});
