import { describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Controller, Get, Injectable, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { CircuitBreaker as Breaker } from '@nest-pooling/resilience';
import {
  BreakerRegistry,
  CircuitBreaker,
  getBreakerToken,
  InjectBreaker,
  PoolingModule,
  UnknownBreakerError,
} from '../index.js';
import { definePool } from '../testing/index.js';

@Controller()
class Prices {
  @Get()
  @CircuitBreaker({ name: 'pricing', failureThreshold: 2 })
  list(): number {
    return 1;
  }

  @Get('own')
  @CircuitBreaker()
  own(): number {
    return 1;
  }
}

async function boot(...providers: Type[]): Promise<TestingModule> {
  const pools = () => PoolingModule.forRoot({ health: false, pools: { orders: definePool({}) } });
  return Test.createTestingModule({ imports: [pools()], providers, controllers: [Prices] })
    .setLogger(new ConsoleLogger({ logLevels: [] }))
    .compile();
}

describe('@InjectBreaker', () => {
  it('injects the breaker of a route, into a parameter or a property, before the application has started', async () => {
    const seen: unknown[] = [];
    @Injectable()
    class Switch {
      @InjectBreaker('Prices.own') readonly own!: Breaker;
      constructor(@InjectBreaker('pricing') readonly pricing: Breaker) {
        seen.push(pricing);
      }
    }
    const app = await boot(Switch);
    expect(seen[0]).toBeInstanceOf(Breaker);
    await app.init();
    const registry = app.get(BreakerRegistry);
    expect(app.get(Switch).pricing).toBe(registry.get('pricing'));
    expect(app.get(Switch).own).toBe(registry.get('Prices.own'));
    expect(app.get(getBreakerToken('pricing'))).toBe(registry.get('pricing'));
    expect(registry.names()).toEqual(['pricing', 'Prices.own']);
    await app.close();
  });

  it('stops the boot for a name that no route has, and names the nearest', async () => {
    @Injectable()
    class Wrong {
      constructor(@InjectBreaker('pricin') readonly pricing: Breaker) {}
    }
    const error = await boot(Wrong).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UnknownBreakerError);
    expect(error).toMatchObject({ code: 'BREAKER_UNKNOWN', known: ['pricing', 'Prices.own'] });
    expect((error as Error).message).toMatch(
      /^Wrong injects a breaker \(constructor parameter 0\)\. There is no breaker 'pricin'\. Did you mean 'pricing'\?/,
    );
  });

  it('does not mind one that only a class of another application uses', async () => {
    class Elsewhere {
      @InjectBreaker('elsewhere') readonly elsewhere!: Breaker;
    }
    await (await boot()).close();
    expect(Elsewhere).toBeDefined();
  });
});
