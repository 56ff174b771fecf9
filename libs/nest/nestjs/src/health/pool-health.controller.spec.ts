import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { ConsoleLogger, ForbiddenException, type CanActivate, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { Env, PingOptions, PingResult } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { SqlPool } from '@nest-pooling/sql';
import { PoolingModule, PoolProber, type PoolHealthOptions } from '../index.js';
import { definePool, nodeReport, type PoolHooks } from '../testing/index.js';

type Ping = (options?: PingOptions) => Promise<Readonly<Record<string, PingResult>>>;
const up: PingResult = { ok: true, ms: 1 };
const down: PingResult = { ok: false, ms: 3, code: 'SQL_CONNECT_FAILED' };
const apps: INestApplication[] = [];

/** A pool whose sessions are all lent: whoever queues waits for ever. */
const fullPool = (ping: Ping) =>
  Object.assign(Object.create(SqlPool.prototype) as SqlPool, {
    ping,
    query: () => new Promise<never>(() => {}),
    use: () => new Promise<never>(() => {}),
  });

async function serve(
  ping: Ping,
  hooks: PoolHooks = {},
  { health, env }: { health?: PoolHealthOptions; env?: Env } = {},
): Promise<(path: string) => Promise<{ status: number; text: string; body: unknown; cache: string | null }>> {
  const pools = { orders: definePool(fullPool(ping), hooks), cache: definePool({ unprobed: true }) };
  const module = await Test.createTestingModule({ imports: [PoolingModule.forRoot({ pools, health, env })] })
    .setLogger(new ConsoleLogger({ logLevels: [] }))
    .compile();
  const app = module.createNestApplication();
  apps.push(app);
  await app.listen(0);
  const url = await app.getUrl();
  return async (path) => {
    const response = await fetch(url + path);
    const text = await response.text();
    const body: unknown = text.startsWith('{') ? JSON.parse(text) : text;
    return { status: response.status, text, body, cache: response.headers.get('cache-control') };
  };
}

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

describe('GET /health/pools', () => {
  it('shows the numbers of every node, 200 while degraded', async () => {
    const ill = nodeReport({ healthy: false, status: 'ejected', errors: 3 });
    const get = await serve(async () => ({}), {
      report: () => ({
        nodes: { 'orders.primary': nodeReport({ total: 2, available: 2 }), 'orders.replica-1': ill },
      }),
    });
    expect(await get('/health/pools')).toMatchObject({
      status: 200,
      cache: 'no-store',
      body: {
        overall: 'degraded',
        pools: {
          'orders.primary': { healthy: true, status: 'active', total: 2, available: 2, inUse: 0, waiting: 0 },
          'orders.replica-1': { healthy: false, status: 'ejected', utilization: 0, errors: 3 },
          cache: { healthy: true },
        },
      },
    });
  });

  it('case 39: an unhealthy application answers 503', async () => {
    const get = await serve(async () => ({}), { report: () => ({ serving: false }) });
    expect(await get('/health/pools')).toMatchObject({ status: 503, body: { overall: 'unhealthy' } });
  });

  it('stands where the options say, behind their guards, or nowhere', async () => {
    const guard: CanActivate = {
      canActivate: () => {
        throw new ForbiddenException();
      },
    };
    const get = await serve(
      async () => ({ a: up }),
      {},
      { health: { path: 'in/pools', dbPath: 'in/db', guards: [guard] } },
    );
    expect((await get('/in/pools')).status).toBe(403);
    expect((await get('/in/db')).status).toBe(403);
    expect((await get('/health/pools')).status).toBe(404);
    const none = await serve(async () => ({ a: up }), {}, { health: false as never });
    expect((await none('/health/pools')).status).toBe(404);
  });
});

describe('GET /health/db', () => {
  it('case 39: does not wait behind a full pool', async () => {
    const get = await serve(
      async (options) => {
        expect(options).toEqual({ timeoutMs: 700 });
        return { 'orders.primary': up, 'orders.replica-1': up };
      },
      {},
      { health: { timeoutMs: 700 } },
    );
    expect(await get('/health/db')).toMatchObject({
      status: 200,
      cache: 'no-store',
      body: { status: 'up', pools: { orders: { status: 'up', nodes: { 'orders.primary': up } } } },
    });
  });

  it('is degraded, and 200, while a replica does not answer', async () => {
    const get = await serve(async () => ({ 'orders.primary': up, 'orders.replica-1': down }));
    expect(await get('/health/db')).toMatchObject({ status: 200, body: { status: 'degraded' } });
  });

  it('case 39: is 503 when no node answers, or when those that do cannot do the main work', async () => {
    const none = await serve(async () => ({ 'orders.primary': down }));
    expect(await none('/health/db')).toMatchObject({
      status: 503,
      body: { status: 'down', pools: { orders: { status: 'down', nodes: { 'orders.primary': down } } } },
    });
    const noPrimary = await serve(async () => ({ 'orders.primary': down, 'orders.replica-1': up }), {
      report: () => ({ serving: false }),
    });
    expect((await noPrimary('/health/db')).status).toBe(503);
  });

  it('case 39: a probe that breaks is 503, and nothing of its text is shown', async () => {
    const get = await serve(() => Promise.reject(new Error('connect 10.0.0.7:5432 password=hunter2')));
    const answer = await get('/health/db');
    expect(answer).toMatchObject({
      status: 503,
      body: { status: 'down', pools: { orders: { status: 'down', nodes: {}, code: 'PING_FAILED' } } },
    });
    expect(answer.text).not.toMatch(/10\.0\.0\.7|hunter2/);
  });

  it('gives a probe up that does not keep its deadline, and leaves no timer', async () => {
    const env = new VirtualEnv();
    const ping = jest.fn<Ping>(() => new Promise(() => {}));
    const get = await serve(ping, {}, { env });
    const answer = get('/health/db');
    while (ping.mock.calls.length === 0) await new Promise(setImmediate);
    await env.advance(1_250);
    expect(await answer).toMatchObject({
      status: 503,
      body: { pools: { orders: { code: 'PING_TIMEOUT' } } },
    });
    expect(env.pendingTimers).toBe(0);
  });

  it('gives an answer again that is young enough, also to the indicators', async () => {
    const env = new VirtualEnv();
    const ping = jest.fn<Ping>(async () => ({ a: up }));
    const get = await serve(ping, {}, { env, health: { cacheMs: 5_000 } });
    await get('/health/db');
    expect(await get('/health/db')).toMatchObject({ status: 200, body: { status: 'up' } });
    const prober = apps[0]!.get(PoolProber);
    await prober.ping('orders', { cacheMs: 1_000 });
    expect(ping).toHaveBeenCalledTimes(1);
    await env.advance(5_001);
    await get('/health/db');
    expect(ping).toHaveBeenCalledTimes(2);
  });

  it('asks the servers once for all who ask at the same time', async () => {
    let answer: (nodes: Record<string, PingResult>) => void = () => {};
    const ping = jest.fn<Ping>(() => new Promise((resolve) => (answer = resolve)));
    await serve(ping);
    const prober = apps[0]!.get(PoolProber);
    const both = Promise.all([prober.pingAll(), prober.ping('orders')]);
    expect(ping).toHaveBeenCalledTimes(1);
    answer({ 'orders.primary': up });
    expect((await both)[1].status).toBe('up');
    void prober.ping('orders');
    expect(ping).toHaveBeenCalledTimes(2);
    answer({});
  });
});
