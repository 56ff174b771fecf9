import { describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Controller, Get, Injectable, NotFoundException, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { CircuitBreaker as Breaker } from '@nest-pooling/resilience';
import {
  BreakerRegistry,
  CircuitBreaker,
  InjectBreaker,
  PoolingModule,
  type DeclaredBreakerOptions,
} from '../index.js';
import { definePool } from '../testing/index.js';

type Declared = Readonly<Record<string, DeclaredBreakerOptions>>;

const moduleWith = (pool: string, breakers: Declared | undefined) =>
  PoolingModule.forRoot({
    health: false,
    env: new VirtualEnv(),
    pools: { [pool]: definePool({}) },
    ...(breakers && { breakers }),
  });

async function boot(declared: Declared[], ...types: Type[]): Promise<TestingModule> {
  const imports = declared.map((breakers, at) => moduleWith(`pool-${at}`, breakers));
  const module = await Test.createTestingModule({ imports, providers: types, controllers: types })
    .setLogger(new ConsoleLogger({ logLevels: [] }))
    .compile();
  return module.init();
}

@Injectable()
class Prices {
  constructor(@InjectBreaker('pricing') readonly breaker: Breaker) {}

  @CircuitBreaker('pricing')
  async find(error?: Error): Promise<number> {
    if (error !== undefined) throw error;
    return 1;
  }
}

describe('breakers of the options', () => {
  it('are there without a route', async () => {
    const app = await boot([{ pricing: { failureThreshold: 1 }, payments: {} }, { mail: {} }]);
    const registry = app.get(BreakerRegistry);
    expect(registry.names()).toEqual(['pricing', 'payments', 'mail']);
    const breaker = registry.get('pricing');
    breaker.fail(breaker.tryEnter(), new Error('boom'));
    expect(registry.report().pricing).toMatchObject({ name: 'pricing', state: 'open' });
    expect(() => registry.get('pricng')).toThrow("Did you mean 'pricing'?");
    await app.close();
  });

  it('are meant by @CircuitBreaker(name) and @InjectBreaker(name)', async () => {
    const app = await boot([{ pricing: { failureThreshold: 3 } }], Prices);
    const prices = app.get(Prices);
    expect(prices.breaker).toBe(app.get(BreakerRegistry).get('pricing'));
    // Of a route's kind: an answer of 4xx says nothing about the dependency.
    for (const times of [1, 2, 3, 4]) {
      await expect(prices.find(new NotFoundException(String(times)))).rejects.toThrow(NotFoundException);
    }
    for (const times of ['1', '2', '3']) await expect(prices.find(new Error(times))).rejects.toThrow(times);
    expect(prices.breaker.state).toBe('open');
    await expect(prices.find()).rejects.toMatchObject({ code: 'BREAKER_OPEN' });
    await app.close();
  });

  it('give a route without a name its options', async () => {
    @Controller()
    class Orders {
      @Get()
      @CircuitBreaker()
      list(): number {
        return 1;
      }
    }
    const app = await boot([{ 'Orders.list': { failureThreshold: 1 } }], Orders);
    const registry = app.get(BreakerRegistry);
    expect(registry.names()).toEqual(['Orders.list']);
    const breaker = registry.get('Orders.list');
    breaker.fail(breaker.tryEnter(), new Error('boom'));
    expect(breaker.state).toBe('open');
    await app.close();
  });

  it('may be given again as they are, and are refused with other options, by a route or another module', async () => {
    const routeWith = (options: DeclaredBreakerOptions): Type => {
      @Controller()
      class Orders {
        @Get()
        @CircuitBreaker({ name: 'pricing', ...options })
        list(): number {
          return 1;
        }
      }
      return Orders;
    };
    const window = { calls: 10, failureRate: 0.5 };
    const declared = { pricing: { window } };
    const same = await boot(
      [declared, { pricing: { window: { ...window } } }],
      routeWith({ window: { ...window } }),
    );
    expect(same.get(BreakerRegistry).names()).toEqual(['pricing']);
    await same.close();

    const conflict = { code: 'BREAKER_CONFLICT', breaker: 'pricing' };
    const byRoute = boot([declared], routeWith({ failureThreshold: 2 }));
    await expect(byRoute).rejects.toMatchObject({
      ...conflict,
      message: expect.stringContaining('by the breakers of PoolingModule and Orders.list') as unknown,
    });
    await expect(boot([{ pricing: {} }], routeWith({ failureThreshold: 2 }))).rejects.toMatchObject(conflict);
    await expect(boot([declared, { pricing: {} }])).rejects.toMatchObject(conflict);
  });
});
