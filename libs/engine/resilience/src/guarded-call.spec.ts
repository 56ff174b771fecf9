import { describe, expect, test } from '@jest/globals';
import type { Env, Scheduler } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { FreeCalls, GuardedCall } from './guarded-call.js';
import { CircuitBreaker, type CircuitBreakerOptions } from './index.js';

const WINDOW = { calls: 100, slowRate: 0.5, minimumCalls: 100 };

describe('run', () => {
  test('calls that overlap keep their own beginnings, over many rounds', async () => {
    const env = new VirtualEnv();
    const breaker = new CircuitBreaker({ name: 'n', slowCallMs: 100, window: WINDOW }, env);
    for (let round = 0; round < 5; round++) {
      const ends: (() => void)[] = [];
      const call = (): Promise<void> => breaker.run(() => new Promise((resolve) => ends.push(resolve)));
      const all = [call(), call()];
      await env.advance(90);
      all.push(call());
      ends[1]!();
      await env.advance(20);
      ends[0]!();
      ends[2]!();
      await Promise.all(all);
    }
    // Of the three of a round only the first one took 110 ms, the others 90 and 20.
    expect(breaker.report()).toMatchObject({ calls: 15, slowRate: 1 / 3, failureRate: 0 });
  });

  test('a call that ends in another generation counts for nothing, though its place is used again', async () => {
    const breaker = new CircuitBreaker({ name: 'n', failureThreshold: 2 }, new VirtualEnv());
    let fail!: (error: Error) => void;
    const late = breaker.run(() => new Promise<never>((_, reject) => (fail = reject)));
    breaker.reset();
    await expect(breaker.run(() => Promise.reject(new Error('one')))).rejects.toThrow('one');
    fail(new Error('late'));
    await expect(late).rejects.toThrow('late');
    expect(breaker.report()).toMatchObject({ state: 'closed', failures: 1 });
  });

  test('follows whatever can be awaited', async () => {
    const breaker = new CircuitBreaker({ name: 'n' }, new VirtualEnv());
    class Lazy<T> extends Promise<T> {}
    const thenable = (then: PromiseLike<number>['then']): Promise<number> =>
      // oxlint-disable-next-line unicorn/no-thenable -- builders of queries are such
      ({ then }) as unknown as Promise<number>;
    const good = thenable((done) => Promise.resolve(1).then(done));
    const bad = thenable((_, failed) => Promise.reject(new Error('bad')).then(undefined, failed));
    await expect(breaker.run(() => good)).resolves.toBe(1);
    await expect(breaker.run(() => bad)).rejects.toThrow('bad');
    await expect(breaker.run(() => Lazy.reject(new Error('lazy')))).rejects.toThrow('lazy');
    expect(breaker.report().failures).toBe(2);
  });

  test('never throws: a call that throws and one that is refused reject', async () => {
    const breaker = new CircuitBreaker({ name: 'n', failureThreshold: 1 }, new VirtualEnv());
    const thrown = breaker.run(() => {
      throw new Error('at once');
    });
    await expect(thrown).rejects.toThrow('at once');
    await expect(breaker.run(() => 1)).rejects.toMatchObject({ code: 'BREAKER_OPEN' });
  });

  test.each<[number, string, Partial<CircuitBreakerOptions>]>([
    [0, 'consecutive failures', {}],
    [0, 'a window of calls', { window: { calls: 10 } }],
    [1, 'a window of time', { window: { ms: 1_000 } }],
    [2, 'slow calls', { window: { calls: 10 }, slowCallMs: 10 }],
    [2, 'slow calls in a window of time', { window: { ms: 1_000 }, slowCallMs: 10 }],
  ])('reads the clock %s times a success for %s', async (times, _, options) => {
    let reads = 0;
    const { scheduler, random } = new VirtualEnv();
    const now = (): number => (reads++, scheduler.now());
    const env: Env = {
      random,
      onCollected: () => () => {},
      scheduler: Object.create(scheduler, { now: { value: now } }) as Scheduler,
    };
    const breaker = new CircuitBreaker({ name: 'n', ...options }, env);
    const before = reads;
    for (let i = 0; i < 10; i++) await breaker.run(() => i);
    expect(reads - before).toBe(10 * times);
  });
});

describe('FreeCalls', () => {
  test('uses again what came back, tells the permit and the beginning, and keeps no more than a burst is worth', () => {
    const told: unknown[] = [];
    const calls = new FreeCalls({
      succeed: (permit, began) => void told.push([permit, began]),
      fail: (permit, error, began) => void told.push([permit, error, began]),
    });
    const first = calls.take(1, 10);
    expect(first.succeeded('value')).toBe('value');
    const again = calls.take(2, 20);
    expect(again).toBe(first);
    expect(calls.take(3, 30)).not.toBe(first);
    const error = new Error('boom');
    expect(() => again.failed(error)).toThrow(error);
    expect(told).toEqual([
      [1, 10],
      [2, error, 20],
    ]);

    const burst = Array.from({ length: 1_000 }, (_, at) => calls.take(at, 0));
    for (const call of burst) call.succeeded(0);
    const kept = new Set<GuardedCall>(burst);
    let reused = 0;
    for (let at = 0; at < 1_000; at++) if (kept.has(calls.take(at, 0))) reused++;
    expect(reused).toBe(256);
  });
});
