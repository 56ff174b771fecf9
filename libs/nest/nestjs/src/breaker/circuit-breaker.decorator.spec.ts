import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ConflictException,
  ConsoleLogger,
  Controller,
  Get,
  Param,
  Query,
  type INestApplication,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { Observable, throwError } from 'rxjs';
import { BreakerRegistry, CircuitBreaker, PoolingModule } from '../index.js';
import { definePool } from '../testing/index.js';

const OPTIONS = { failureThreshold: 2, openMs: 1_000, jitter: 0, successThreshold: 2, halfOpenPermits: 3 };

/** What the handlers below do next. */
let calls: { readonly resolve: () => void }[] = [];
let answer: () => unknown = () => 'fine';
const held = () => new Promise<string>((resolve) => calls.push({ resolve: () => resolve('late') }));

@Controller()
class Orders {
  @Get('orders')
  @CircuitBreaker(OPTIONS)
  list(): unknown {
    return answer();
  }

  @Get('free')
  free(): string {
    return 'free';
  }
}

@Controller('all')
@CircuitBreaker({ ...OPTIONS, failureThreshold: 1 })
class Guarded {
  @Get('one')
  one(): unknown {
    return answer();
  }

  @Get('two/:id')
  two(@Param('id') id: string, @Query('q') q: string): unknown {
    return { id, q };
  }

  @Get('own')
  @CircuitBreaker({ name: 'payments', ...OPTIONS, failureThreshold: 3 })
  own(): unknown {
    return answer();
  }

  @Get('shared')
  @CircuitBreaker('payments')
  shared(): string {
    return 'shared';
  }

  helper(): void {}
}

describe('@CircuitBreaker', () => {
  let app: INestApplication;
  let env: VirtualEnv;
  let breakers: BreakerRegistry;
  let get: (path: string) => Promise<{ status: number; retryAfter: string | null; text: string }>;

  beforeEach(async () => {
    calls = [];
    answer = () => 'fine';
    env = new VirtualEnv();
    const pools = PoolingModule.forRoot({ env, pools: { orders: definePool({}) } });
    const module = await Test.createTestingModule({ imports: [pools], controllers: [Orders, Guarded] })
      .setLogger(new ConsoleLogger({ logLevels: [] }))
      .compile();
    app = module.createNestApplication();
    await app.listen(0);
    breakers = app.get(BreakerRegistry);
    const url = await app.getUrl();
    get = async (path) => {
      const response = await fetch(`${url}/${path}`);
      return {
        status: response.status,
        retryAfter: response.headers.get('retry-after'),
        text: await response.text(),
      };
    };
  });
  afterEach(() => app.close());

  const boom = () => throwError(() => new Error('boom'));

  it('makes the breakers of all handlers at boot, one for each unless they share a name', () => {
    expect(breakers.names().toSorted()).toEqual(['Guarded.one', 'Guarded.two', 'Orders.list', 'payments']);
    expect(breakers.report()['Orders.list']).toMatchObject({ state: 'closed', failures: 0 });
  });

  it('answers 503 with Retry-After while it is open, and does not call the handler', async () => {
    answer = boom;
    expect((await get('orders')).status).toBe(500);
    expect((await get('orders')).status).toBe(500);
    answer = () => {
      throw new Error('must not be called');
    };
    await env.advance(400);
    const rejected = await get('orders');
    expect(rejected).toMatchObject({ status: 503, retryAfter: '1' });
    expect(JSON.parse(rejected.text)).toEqual({
      title: 'Service Unavailable',
      status: 503,
      code: 'BREAKER_OPEN',
      detail: 'A resource that this request needs is not available at the moment. Try again later.',
    });
    expect((await get('free')).text).toBe('free');
  });

  it('case 35: half-open admits 3 of 20, not everybody', async () => {
    answer = boom;
    await get('orders');
    await get('orders');
    await env.advance(1_000);
    answer = held;
    const all = Array.from({ length: 20 }, () => get('orders'));
    const rejected = await firstSettled(all, 17);
    expect(rejected.every(({ status }) => status === 503)).toBe(true);
    expect(calls).toHaveLength(3);
    for (const { resolve } of calls) resolve();
    await Promise.all(all);
    expect(breakers.get('Orders.list').state).toBe('closed');
  });

  it('case 35: failures of promises and of streams after their first value count', async () => {
    answer = () => Promise.reject(new Error('asynchronous'));
    await get('orders');
    answer = () =>
      new Observable((subscriber) => {
        subscriber.next('a value');
        subscriber.error(new Error('later'));
      });
    await get('orders');
    expect(breakers.get('Orders.list').state).toBe('open');
  });

  it('case 35: success after a reopening counts from zero, and a late result does not count', async () => {
    const breaker = breakers.get('Orders.list');
    answer = held;
    const late = get('orders');
    while (calls.length === 0) await new Promise(setImmediate);
    answer = boom;
    await get('orders');
    await get('orders');
    await env.advance(1_000);
    answer = () => 'fine';
    await get('orders');
    expect(breaker.report()).toMatchObject({ state: 'half-open', successes: 1 });
    calls[0]!.resolve();
    await late;
    expect(breaker.report()).toMatchObject({ state: 'half-open', successes: 1 });
    answer = boom;
    await get('orders');
    expect(breaker.state).toBe('open');
    await env.advance(2_000);
    answer = () => 'fine';
    await get('orders');
    expect(breaker.state).toBe('half-open');
    await get('orders');
    expect(breaker.state).toBe('closed');
  });

  it('counts a 4xx for nothing', async () => {
    answer = () => throwError(() => new ConflictException());
    for (let i = 0; i < 5; i++) expect((await get('orders')).status).toBe(409);
    expect(breakers.get('Orders.list').report()).toMatchObject({ state: 'closed', failures: 0 });
  });

  it('guards each handler of a class, and a method replaces its class', async () => {
    answer = boom;
    await get('all/one');
    expect((await get('all/one')).status).toBe(503);
    expect((await get('all/two/7?q=x')).text).toBe('{"id":"7","q":"x"}');
    await get('all/own');
    await get('all/own');
    expect((await get('all/shared')).text).toBe('shared');
    // The success of the other route that shares it has begun the count anew.
    expect(breakers.get('payments').report()).toMatchObject({ state: 'closed', failures: 0 });
    for (let i = 0; i < 3; i++) await get('all/own');
    expect((await get('all/shared')).status).toBe(503);
  });
});

/** The first `n` of the promises to settle. */
function firstSettled<T>(promises: readonly Promise<T>[], n: number): Promise<T[]> {
  return new Promise((resolve, reject) => {
    const done: T[] = [];
    for (const promise of promises) {
      promise.then((value) => {
        done.push(value);
        if (done.length === n) resolve(done);
      }, reject);
    }
  });
}
