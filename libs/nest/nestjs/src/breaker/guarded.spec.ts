import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Injectable } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { lastValueFrom, Observable, of } from 'rxjs';
import { BreakerRegistry, CircuitBreaker, PoolingModule } from '../index.js';
import { definePool } from '../testing/index.js';

const TRIP = { failureThreshold: 2, jitter: 0, successThreshold: 1, halfOpenPermits: 1 };
const DOWN = new Error('down');

@Injectable()
class Prices {
  fails = false;

  @CircuitBreaker({ name: 'feed', ...TRIP, classify: () => 'failure' })
  async *feed(): AsyncGenerator<number> {
    yield 1;
    if (this.fails) throw DOWN;
    yield 2;
  }

  @CircuitBreaker({ name: 'one', ...TRIP, fallback: () => 0 })
  async *orOne(): AsyncGenerator<number> {
    yield* this.feed();
  }

  @CircuitBreaker({ name: 'many', ...TRIP, fallback: () => old() })
  async *orMany(): AsyncGenerator<number> {
    yield* this.feed();
  }

  @CircuitBreaker({ name: 'nested', ...TRIP, fallback: () => 'instead' })
  async outer(): Promise<unknown> {
    return this.inner();
  }

  @CircuitBreaker('nested')
  async inner(): Promise<unknown> {
    return 'fine';
  }

  @CircuitBreaker({ name: 'undeclared', ...TRIP })
  async undeclared(): Promise<unknown> {
    return of(1);
  }

  @CircuitBreaker({ name: 'stream', ...TRIP })
  stream(): Observable<number> {
    if (this.fails) throw DOWN;
    return of(1);
  }
}

async function* old(): AsyncGenerator<number> {
  yield 8;
  yield 9;
}

async function all(values: AsyncIterable<number>): Promise<number[]> {
  const seen: number[] = [];
  for await (const value of values) seen.push(value);
  return seen;
}

describe('a guarded method', () => {
  let module: TestingModule;
  let prices: Prices;
  let breakers: BreakerRegistry;
  let env: VirtualEnv;
  beforeEach(async () => {
    env = new VirtualEnv();
    const pools = PoolingModule.forRoot({ health: false, env, pools: { bench: definePool({}) } });
    module = await Test.createTestingModule({ imports: [pools], providers: [Prices] })
      .setLogger(new ConsoleLogger({ logLevels: [] }))
      .compile();
    await module.init();
    prices = module.get(Prices);
    breakers = module.get(BreakerRegistry);
  });
  afterEach(() => module.close());

  it('follows a generator to its end; one that is left says nothing, whatever classify says', async () => {
    const breaker = breakers.get('feed');
    prices.fails = true;
    for (let at = 0; at < 3; at++) for await (const value of prices.feed()) if (value === 1) break;
    expect(breaker.report()).toMatchObject({ state: 'closed', failures: 0 });
    for (let at = 0; at < 2; at++) await expect(all(prices.feed())).rejects.toBe(DOWN);
    expect(breaker.state).toBe('open');
    await expect(all(prices.feed())).rejects.toMatchObject({ code: 'BREAKER_OPEN' });

    await env.advance(1_000);
    for await (const value of prices.feed()) if (value === 1) break;
    expect(breaker.report()).toMatchObject({ state: 'half-open', trials: 0 });
    prices.fails = false;
    expect(await all(prices.feed())).toEqual([1, 2]);
    expect(breaker.state).toBe('closed');
  });

  it('has a generator fall back to one value, or to the values of another', async () => {
    breakers.get('one').forceOpen();
    breakers.get('many').forceOpen();
    expect(await all(prices.orOne())).toEqual([0]);
    expect(await all(prices.orMany())).toEqual([8, 9]);
    for await (const value of prices.orMany()) if (value === 8) break;
    breakers.get('one').reset();
    expect(await all(prices.orOne())).toEqual([1, 2]);
    for await (const value of prices.orOne()) if (value === 1) break;
    prices.fails = true;
    await expect(all(prices.orOne())).rejects.toBe(DOWN);
    expect(breakers.get('one').report()).toMatchObject({ state: 'closed', failures: 1 });
  });

  it('does not take the refusal of a call within for its own, even by the same breaker', async () => {
    const breaker = breakers.get('nested');
    for (let at = 0; at < 2; at++) breaker.fail(breaker.tryEnter());
    await env.advance(1_000);
    // The one trial call is the outer one: the inner is refused, and has no fallback.
    await expect(prices.outer()).rejects.toMatchObject({ code: 'BREAKER_OPEN' });
    breaker.forceOpen();
    expect(await prices.outer()).toBe('instead');
  });

  it('counts what throws before it gives an observable, and a misuse not at all', async () => {
    prices.fails = true;
    for (let at = 0; at < 2; at++) await expect(lastValueFrom(prices.stream())).rejects.toBe(DOWN);
    expect(breakers.get('stream').state).toBe('open');
    for (let at = 0; at < 3; at++) {
      await expect(prices.undeclared()).rejects.toMatchObject({ code: 'OBSERVABLE_UNDECLARED' });
    }
    expect(breakers.get('undeclared').report()).toMatchObject({ state: 'closed', failures: 0 });
  });
});
