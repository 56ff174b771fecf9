import { afterEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable } from '@nestjs/common';
import { PoolingError, type ErrorCategory } from '@nest-pooling/core';
import type { SqlPool } from '@nest-pooling/sql';
import {
  concat,
  defer,
  firstValueFrom,
  lastValueFrom,
  NEVER,
  Observable,
  of,
  throwError,
  toArray,
} from 'rxjs';
import { BreakerRegistry, Bulkhead, CircuitBreaker, getPoolToken, Retry, Transactional } from '../index.js';
import { startShop, type Shop } from './method.fixture.js';

class Down extends PoolingError {
  static override readonly brand = 'Down';
  readonly code = 'DOWN';
  readonly category: ErrorCategory = 'unavailable';
}
const DOWN = new Down('down');

let calls = 0;
/** Fails so often, then answers. */
let failures = 0;
const answer = async (): Promise<string> => {
  calls++;
  if (failures-- > 0) throw DOWN;
  return 'fine';
};
let held: (() => void)[] = [];

const SOON = { baseMs: 1, maxMs: 2 };
const TRIP = { failureThreshold: 2, openMs: 20_000 };

@Injectable()
class Prices {
  constructor(@Inject(getPoolToken('orders')) readonly pool: SqlPool) {}

  @Retry(SOON)
  async retried(): Promise<string> {
    return answer();
  }

  @Retry(SOON)
  @Transactional('orders')
  async around(): Promise<string> {
    await this.pool.query(`insert attempt ${calls}`);
    return answer();
  }

  @Transactional('orders')
  async within(): Promise<string> {
    return this.retried();
  }

  @Retry(SOON)
  stream(after: number): Observable<string> {
    return concat(...Array.from({ length: after }, () => of('first')), defer(answer));
  }

  @Bulkhead({ maxConcurrent: 1 })
  async limited(): Promise<string> {
    await new Promise<void>((resolve) => held.push(resolve));
    return 'done';
  }

  @Bulkhead({ maxConcurrent: 1 })
  limitedStream(): Observable<string> {
    return concat(of('one'), NEVER);
  }

  @CircuitBreaker(TRIP)
  async guarded(): Promise<string> {
    return answer();
  }

  @CircuitBreaker({ ...TRIP, fallback: async ({ code }) => `instead: ${code}` })
  async excused(): Promise<string> {
    return answer();
  }

  @CircuitBreaker({ ...TRIP, name: 'stream', fallback: ({ breaker }) => `instead of ${breaker}` })
  guardedStream(fails: boolean): Observable<string> {
    return fails ? throwError(() => DOWN) : concat(of('one'), NEVER);
  }
}

let made: Shop;
async function start(times: number): Promise<Prices> {
  made = await startShop(Prices);
  calls = 0;
  failures = times;
  held = [];
  return made.app.get(Prices);
}
afterEach(() => made.app.close());

describe('@Retry', () => {
  it('calls again, within its attempts', async () => {
    const prices = await start(2);
    expect(await prices.retried()).toBe('fine');
    expect(calls).toBe(3);
    failures = 3;
    await expect(prices.retried()).rejects.toBe(DOWN);
  });

  it('has each attempt begin a transaction of its own, and does nothing within one', async () => {
    const prices = await start(1);
    expect(await prices.around()).toBe('fine');
    expect(await made.stored('attempt')).toBe('1');
    expect(made.said.filter((text) => /^begin$/i.test(text))).toHaveLength(2);
    calls = 0;
    failures = 1;
    await expect(prices.within()).rejects.toBe(DOWN);
    expect(calls).toBe(1);
  });

  it('tries an observable again until its first value', async () => {
    const prices = await start(2);
    expect(await lastValueFrom(prices.stream(0))).toBe('fine');
    failures = 1;
    const seen: string[] = [];
    const ended = new Promise((resolve) => {
      prices.stream(1).subscribe({ next: (value) => seen.push(value), error: resolve });
    });
    expect(await ended).toBe(DOWN);
    expect(seen).toEqual(['first']);
  });

  it('refuses a generator and wrong options when the class is defined', () => {
    const define = (options: object) => () => {
      class Wrong {
        @Retry(options)
        async *pages(): AsyncGenerator<void> {}
      }
      return Wrong;
    };
    expect(define({})).toThrow('must give a promise');
    expect(define({ attempts: 0 })).toThrow('attempts');
  });
});

describe('@Bulkhead', () => {
  it('refuses what is too much, and lets the next in', async () => {
    const prices = await start(0);
    const first = prices.limited();
    await expect(prices.limited()).rejects.toMatchObject({
      code: 'BULKHEAD_FULL',
      bulkhead: 'Prices.limited',
    });
    held[0]!();
    expect(await first).toBe('done');
    const second = prices.limited();
    while (held.length < 2) await new Promise(setImmediate);
    held[1]!();
    expect(await second).toBe('done');
  });

  it('keeps the place of an observable until nobody listens', async () => {
    const prices = await start(0);
    const first = prices.limitedStream().subscribe();
    await new Promise(setImmediate);
    await expect(lastValueFrom(prices.limitedStream())).rejects.toMatchObject({ code: 'BULKHEAD_FULL' });
    first.unsubscribe();
    await new Promise(setImmediate);
    expect(await firstValueFrom(prices.limitedStream())).toBe('one');
  });

  it('refuses wrong options when the class is defined', () => {
    expect(() => {
      class Wrong {
        @Bulkhead({ maxConcurrent: 0 })
        async call(): Promise<void> {}
      }
      return Wrong;
    }).toThrow('maxConcurrent');
  });
});

describe('@CircuitBreaker at a method of a provider', () => {
  it('opens, and refuses without calling', async () => {
    const prices = await start(2);
    for (let at = 0; at < 2; at++) await expect(prices.guarded()).rejects.toBe(DOWN);
    await expect(prices.guarded()).rejects.toMatchObject({ code: 'BREAKER_OPEN', breaker: 'Prices.guarded' });
    expect(calls).toBe(2);
    expect(made.app.get(BreakerRegistry).get('Prices.guarded').state).toBe('open');
  });

  it('has its fallback answer while it refuses, not when a call fails', async () => {
    const prices = await start(2);
    for (let at = 0; at < 2; at++) await expect(prices.excused()).rejects.toBe(DOWN);
    expect(await prices.excused()).toBe('instead: BREAKER_OPEN');
  });

  it('follows an observable to its end; one that nobody listens to any more says nothing', async () => {
    const prices = await start(0);
    const breaker = made.app.get(BreakerRegistry).get('stream');
    for (let at = 0; at < 5; at++) expect(await firstValueFrom(prices.guardedStream(false))).toBe('one');
    await new Promise(setImmediate);
    expect(breaker.report()).toMatchObject({ state: 'closed', failures: 0 });
    for (let at = 0; at < 2; at++) {
      await expect(lastValueFrom(prices.guardedStream(true))).rejects.toBe(DOWN);
    }
    expect(await lastValueFrom(prices.guardedStream(true).pipe(toArray()))).toEqual(['instead of stream']);
  });

  it('is called as it is on an object outside of any application', async () => {
    const prices = await start(9);
    await made.app.close();
    for (let at = 0; at < 3; at++) await expect(prices.guarded()).rejects.toBe(DOWN);
  });
});
