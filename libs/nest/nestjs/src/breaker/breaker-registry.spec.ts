import { describe, expect, it } from '@jest/globals';
import {
  BadRequestException,
  ConsoleLogger,
  Controller,
  Get,
  HttpException,
  type Type,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { OptionsError, PoolingError, type ErrorCategory } from '@nest-pooling/core';
import {
  BreakerConflictError,
  BreakerRegistry,
  CircuitBreaker,
  classifyRouteError,
  PoolingModule,
  UnknownBreakerError,
} from '../index.js';
import { definePool } from '../testing/index.js';

async function registryOf(...controllers: Type[]): Promise<BreakerRegistry> {
  const pools = PoolingModule.forRoot({ pools: { orders: definePool({}) } });
  const module = await Test.createTestingModule({ imports: [pools], controllers })
    .setLogger(new ConsoleLogger({ logLevels: [] }))
    .compile();
  await module.init();
  await module.close();
  return module.get(BreakerRegistry);
}

describe('BreakerRegistry', () => {
  it('names the nearest breaker for a name that does not exist', async () => {
    @Controller()
    class Orders {
      @Get()
      @CircuitBreaker()
      list(): void {}
    }
    const registry = await registryOf(Orders);
    expect(registry.get('Orders.list').state).toBe('closed');
    expect(() => registry.get('Orders.lst')).toThrow(UnknownBreakerError);
    expect(() => registry.get('Orders.lst')).toThrow("Did you mean 'Orders.list'?");
  });

  it('takes the options of a shared breaker from the route that has them, in whatever order they come', async () => {
    @Controller()
    class First {
      @Get()
      @CircuitBreaker('payments')
      refers(): void {}
    }
    @Controller()
    class Second {
      @Get()
      @CircuitBreaker({ name: 'payments', failureThreshold: 1 })
      defines(): void {}
    }
    const breaker = (await registryOf(First, Second)).get('payments');
    breaker.fail(breaker.tryEnter());
    expect(breaker.state).toBe('open');
  });

  it('refuses two routes that give a shared breaker different options', async () => {
    @Controller()
    class Orders {
      @Get('a')
      @CircuitBreaker({ name: 'payments', failureThreshold: 1 })
      first(): void {}

      @Get('b')
      @CircuitBreaker({ name: 'payments', failureThreshold: 1 })
      same(): void {}

      @Get('c')
      @CircuitBreaker({ name: 'payments', failureThreshold: 2 })
      other(): void {}
    }
    const error = await registryOf(Orders).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(BreakerConflictError);
    expect(error).toMatchObject({ code: 'BREAKER_CONFLICT', breaker: 'payments' });
    expect((error as Error).message).toContain('by Orders.first and Orders.other');
  });

  it('stops the boot for options that are wrong', async () => {
    @Controller()
    class Orders {
      @Get()
      @CircuitBreaker({ failureThreshold: 0 })
      list(): void {}
    }
    await expect(registryOf(Orders)).rejects.toBeInstanceOf(OptionsError);
  });

  it('does not let controllers of the same name share a breaker', async () => {
    const make = (): Type => {
      @Controller()
      class Orders {
        @Get()
        @CircuitBreaker()
        list(): void {}
      }
      return Orders;
    };
    expect((await registryOf(make(), make())).names()).toEqual(['Orders.list', 'Orders.list#2']);
  });
});

describe('classifyRouteError', () => {
  class Raised extends PoolingError {
    readonly code = 'RAISED';
    readonly category: ErrorCategory;
    constructor(category: ErrorCategory) {
      super('raised');
      this.category = category;
    }
  }
  it.each([
    [new BadRequestException(), 'neutral'],
    [new HttpException('bad gateway', 502), 'failure'],
    [new Error('anything'), 'failure'],
    ['a string', 'failure'],
    [new Raised('unavailable'), 'failure'],
    [new Raised('timeout'), 'failure'],
    [new Raised('misuse'), 'neutral'],
    [new Raised('cancelled'), 'neutral'],
    [new Raised('conflict'), 'neutral'],
    [new Raised('failed'), 'neutral'],
  ])('%p is %s', (error, expected) => {
    expect(classifyRouteError(error)).toBe(expected);
  });
});
