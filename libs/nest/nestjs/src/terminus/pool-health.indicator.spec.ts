import { afterEach, describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Controller, Get, type INestApplication } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import { OptionsError, type PingResult } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { BreakerRegistry, CircuitBreaker, PoolingModule } from '../index.js';
import { definePool, nodeReport, type PoolHooks } from '../testing/index.js';
import { PoolHealthIndicator } from './index.js';

const up: PingResult = { ok: true, ms: 1 };
const down: PingResult = { ok: false, ms: 3, code: 'SQL_CONNECT_FAILED' };
let app: INestApplication | undefined;

@Controller()
class Health {
  constructor(
    readonly health: HealthCheckService,
    readonly pools: PoolHealthIndicator,
  ) {}

  @Get('ready')
  @HealthCheck()
  @CircuitBreaker()
  ready(): unknown {
    return this.health.check([() => this.pools.ping('db', 'orders', { timeoutMs: 300 })]);
  }
}

type Nodes = Record<string, PingResult>;

async function serve(nodes: Nodes | (() => Nodes), hooks: PoolHooks = {}) {
  const ping = async (): Promise<Nodes> => (typeof nodes === 'function' ? nodes() : nodes);
  const pools = { orders: definePool({ ping }, hooks), pricing: definePool({}) };
  const env = new VirtualEnv();
  const module = await Test.createTestingModule({
    imports: [TerminusModule, PoolingModule.forRoot({ env, pools })],
    controllers: [Health],
    providers: [PoolHealthIndicator],
  })
    .setLogger(new ConsoleLogger({ logLevels: [] }))
    .compile();
  app = module.createNestApplication();
  await app.listen(0);
  const response = await fetch(`${await app.getUrl()}/ready`);
  const indicator = app.get(PoolHealthIndicator);
  return { status: response.status, body: (await response.json()) as object, indicator, env };
}

afterEach(async () => {
  await app?.close();
  app = undefined;
});

describe('PoolHealthIndicator.ping', () => {
  it('is up when all nodes answer', async () => {
    expect(await serve({ 'orders.primary': up })).toMatchObject({
      status: 200,
      body: { status: 'ok', details: { db: { status: 'up', nodes: { 'orders.primary': up } } } },
    });
  });

  it('is degraded, and 200, when only a replica does not', async () => {
    expect(await serve({ 'orders.primary': up, 'orders.replica-1': down })).toMatchObject({
      status: 200,
      body: { status: 'degraded', details: { db: { status: 'degraded' } } },
    });
  });

  it('is down, and 503, when the pool cannot do its main work', async () => {
    const nodes = { 'orders.primary': down, 'orders.replica-1': up };
    expect(await serve(nodes, { report: () => ({ serving: false }) })).toMatchObject({
      status: 503,
      body: { status: 'error', error: { db: { status: 'down', nodes } } },
    });
  });

  it('judges a pool without a server by its own report, and refuses a name that does not exist', async () => {
    const { indicator } = await serve({});
    expect(await indicator.ping('prices', 'pricing')).toMatchObject({ prices: { status: 'up' } });
    await expect(indicator.ping('x', 'orders', { cacheMs: -1 })).rejects.toThrow('cacheMs: must be a number');
    await expect(indicator.ping('x', 'prcing' as 'pricing')).rejects.toMatchObject({ code: 'POOL_UNKNOWN' });
  });
});

describe('PoolHealthIndicator.ping in time', () => {
  it('gives an answer again while it is young enough, and asks those who want a younger one', async () => {
    let asked = 0;
    const { indicator, env } = await serve(() => ({ a: { ok: true, ms: ++asked } }));
    expect(asked).toBe(1);
    const ms = async (cacheMs?: number) => {
      const result = await indicator.ping('db', 'orders', { timeoutMs: 300, cacheMs });
      return (result.db as unknown as { nodes: { a: PingResult } }).nodes.a.ms;
    };
    await env.advance(1_000);
    expect(await ms(1_000)).toBe(1);
    await env.advance(1);
    expect(await ms(1_000)).toBe(2);
    expect(await ms(1_000)).toBe(2);
    expect(await ms()).toBe(3);
    expect(await Promise.all([ms(), ms()])).toEqual([4, 4]);
  });

  it('is down without asking from the moment that the application begins to shut down', async () => {
    let asked = 0;
    const { indicator } = await serve(() => {
      asked++;
      return { a: up };
    });
    await app!.close();
    expect(await indicator.ping('db', 'orders')).toEqual({
      db: { status: 'down', nodes: {}, code: 'SHUTTING_DOWN' },
    });
    expect(asked).toBe(1);
  });
});

describe('PoolHealthIndicator.saturation', () => {
  it.each([
    [{ utilization: 0.79, waiting: 5 }, {}, 'up'],
    [{ utilization: 0.8, waiting: 0 }, {}, 'degraded'],
    [{ utilization: 0.1, waiting: 6 }, {}, 'degraded'],
    [{ utilization: 1, waiting: 99 }, {}, 'degraded'],
    [{ utilization: 0.95, waiting: 0 }, { downAt: 0.95 }, 'down'],
    [{ utilization: 0.95, waiting: 0 }, { degradedAt: 1 }, 'up'],
    [{ utilization: 1, waiting: 20 }, { downWaiters: 20 }, 'degraded'],
    [{ utilization: 1, waiting: 21 }, { downWaiters: 20 }, 'down'],
  ])('of %p with %p is %s', async (numbers, options, status) => {
    const nodes = { 'orders.primary': nodeReport(), 'orders.replica-1': nodeReport(numbers) };
    const { indicator } = await serve({}, { report: () => ({ nodes }) });
    expect(indicator.saturation('load', 'orders', options)).toEqual({ load: { status, ...numbers } });
  });

  it('refuses thresholds that cannot be used', async () => {
    const { indicator } = await serve({});
    expect(() => indicator.saturation('load', 'orders', { degradedAt: 80, maxWaiters: -1 })).toThrow(
      OptionsError,
    );
    const crossed = () => indicator.saturation('load', 'orders', { downAt: 0.5, downWaiters: 4 });
    expect(crossed).toThrow('downAt: must be at least degradedAt, which is 0.8 (got 0.5)');
    expect(crossed).toThrow('downWaiters: must be at least maxWaiters, which is 5 (got 4)');
  });
});

describe('PoolHealthIndicator.breaker', () => {
  it('is degraded while the breaker admits nothing', async () => {
    const { indicator } = await serve({ a: up });
    expect(indicator.breaker('ready', 'Health.ready')).toEqual({ ready: { status: 'up', state: 'closed' } });
    app!.get(BreakerRegistry).get('Health.ready').forceOpen();
    expect(indicator.breaker('ready', 'Health.ready')).toEqual({
      ready: { status: 'degraded', state: 'forced-open', retryAfterMs: 30_000 },
    });
    expect(() => indicator.breaker('x', 'unknown')).toThrow("There is no breaker 'unknown'");
  });

  it('is down in the states that are listed, and judges several by the worst', async () => {
    const { indicator } = await serve({ a: up });
    const options = { down: ['open', 'forced-open'] } as const;
    const names = ['Health.ready'];
    const breakers = { 'Health.ready': { state: 'closed' } };
    expect(indicator.breaker('b', names, options)).toEqual({ b: { status: 'up', breakers } });
    app!.get(BreakerRegistry).get('Health.ready').forceOpen();
    expect(indicator.breaker('b', names)).toMatchObject({ b: { status: 'degraded' } });
    expect(indicator.breaker('b', names, options)).toMatchObject({
      b: { status: 'down', breakers: { 'Health.ready': { state: 'forced-open', retryAfterMs: 30_000 } } },
    });
  });

  it('refuses states that do not exist, and a list without names', async () => {
    const { indicator } = await serve({ a: up });
    const wrong = () => indicator.breaker('b', [], { down: ['opened' as 'open'] });
    expect(wrong).toThrow('down[0]: must be one of closed, open');
    expect(wrong).toThrow('names: must name at least one breaker');
  });
});
