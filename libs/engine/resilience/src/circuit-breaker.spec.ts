import { describe, expect, test } from '@jest/globals';
import type { Env, Scheduler } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import {
  CircuitBreaker,
  CircuitOpenError,
  ResilienceError,
  type BreakerChange,
  type CircuitBreakerOptions,
} from './index.js';

const boom = (): Promise<never> => Promise.reject(new Error('boom'));
const hang = (): Promise<never> => new Promise(() => {});

function setUp(options: Partial<CircuitBreakerOptions> = {}): { env: VirtualEnv; breaker: CircuitBreaker } {
  const env = new VirtualEnv();
  return { env, breaker: new CircuitBreaker({ name: 'pricing', jitter: 0, ...options }, env) };
}

function open(breaker: CircuitBreaker, failures = 5): void {
  for (let i = 0; i < failures; i++) breaker.fail(breaker.tryEnter());
  expect(breaker.state).toBe('open');
}

describe('CircuitBreaker: closed', () => {
  test('run passes results and errors through, sync and async', async () => {
    const { breaker } = setUp();
    await expect(breaker.run(() => 1)).resolves.toBe(1);
    await expect(breaker.run(() => Promise.resolve(2))).resolves.toBe(2);
    await expect(breaker.run(boom)).rejects.toThrow('boom');
    const sync = breaker.run(() => {
      throw new Error('sync');
    });
    await expect(sync).rejects.toThrow('sync');
    expect(breaker.report()).toMatchObject({ state: 'closed', failures: 2, retryAfterMs: 0 });
  });

  test('case 35: asynchronous failures count, and so do synchronous ones', async () => {
    const { breaker } = setUp({ failureThreshold: 2 });
    await expect(breaker.run(boom)).rejects.toThrow('boom');
    const sync = breaker.run(() => {
      throw new Error('sync');
    });
    await expect(sync).rejects.toThrow('sync');
    expect(breaker.state).toBe('open');
  });

  test('opens after five failures in a row, not with a success between them', () => {
    const { breaker } = setUp();
    for (let i = 0; i < 20; i++) {
      if (i % 5 === 4) breaker.succeed(breaker.tryEnter());
      else breaker.fail(breaker.tryEnter());
    }
    expect(breaker.state).toBe('closed');
    open(breaker);
  });

  test('neutral outcomes neither count nor make up for failures', async () => {
    const { breaker } = setUp({ classify: (error) => (error instanceof RangeError ? 'neutral' : 'failure') });
    for (let i = 0; i < 4; i++) breaker.fail(breaker.tryEnter());
    const neutral = breaker.run(() => Promise.reject(new RangeError('no such row')));
    await expect(neutral).rejects.toThrow('no such row');
    breaker.neutral(breaker.tryEnter());
    breaker.fail(breaker.tryEnter(), new RangeError('no such row'));
    expect(breaker.report()).toMatchObject({ state: 'closed', failures: 4 });
    breaker.fail(breaker.tryEnter(), new TypeError('x'));
    expect(breaker.state).toBe('open');
  });

  test('an error that cannot be classified counts, and reaches the caller', async () => {
    const { breaker } = setUp({
      classify: () => {
        throw new Error('classify is broken');
      },
    });
    await expect(breaker.run(boom)).rejects.toThrow('boom');
    expect(breaker.report().failures).toBe(1);
  });

  test('a rejection with undefined counts', async () => {
    const { breaker } = setUp();
    await expect(breaker.run(() => Promise.reject(undefined))).rejects.toBeUndefined();
    expect(breaker.report().failures).toBe(1);
  });

  test('success reads no clock', async () => {
    let reads = 0;
    const { scheduler, random } = new VirtualEnv();
    const counting: Env = {
      random,
      onCollected: () => () => {},
      scheduler: Object.create(scheduler, { now: { value: () => reads++ } }) as Scheduler,
    };
    const breaker = new CircuitBreaker({ name: 'n' }, counting);
    breaker.fail(breaker.tryEnter());
    const before = reads;
    for (let i = 0; i < 10; i++) await breaker.run(() => i);
    expect(reads).toBe(before);
    expect(breaker.report().failures).toBe(0);
  });
});

describe('CircuitBreaker: rejecting', () => {
  test('an open breaker calls nothing and says when to come back', async () => {
    const { env, breaker } = setUp();
    open(breaker);
    await env.advance(300.5);
    let calls = 0;
    const error = await breaker.run(() => calls++).catch((thrown: unknown) => thrown);
    expect(calls).toBe(0);
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect(error).toBeInstanceOf(ResilienceError);
    expect(error).toMatchObject({
      name: 'CircuitOpenError',
      code: 'BREAKER_OPEN',
      category: 'unavailable',
      breaker: 'pricing',
      state: 'open',
      failures: 5,
      retryAfterMs: 700,
      message:
        "Circuit breaker 'pricing' is open after 5 failures: the call was not made. Try again in 700 ms, and find out why the calls behind it fail.",
    });
    expect((error as Error).stack).not.toContain('\n    at ');
    expect(breaker.report()).toMatchObject({ rejected: 1, retryAfterMs: 700 });
  });

  test('whoever waits as long as told is admitted', async () => {
    const { env, breaker } = setUp({ jitter: 1 });
    open(breaker);
    await env.advance(breaker.rejection().retryAfterMs!);
    expect(breaker.retryAfterMs).toBe(0);
    expect(breaker.rejection().retryAfterMs).toBe(1);
    expect(breaker.tryEnter()).not.toBe(0);
  });

  test('forced open: rejects until it is reset, results of before are ignored', async () => {
    const { env, breaker } = setUp();
    const permit = breaker.tryEnter();
    breaker.forceOpen();
    const { since } = breaker.report();
    await env.advance(3_600_000);
    breaker.forceOpen();
    breaker.succeed(permit);
    expect(breaker.tryEnter()).toBe(0);
    expect(breaker.report()).toMatchObject({
      state: 'forced-open',
      since,
      rejected: 1,
      retryAfterMs: 30_000,
    });
    expect(breaker.rejection().message).toContain('was forced open');
    breaker.reset();
    breaker.fail(permit);
    expect(breaker.report()).toMatchObject({ state: 'closed', failures: 0 });
    expect(breaker.tryEnter()).not.toBe(0);
  });

  test('disabled: admits everything and counts nothing until it is reset', async () => {
    const { breaker } = setUp();
    open(breaker);
    breaker.disable();
    for (let i = 0; i < 50; i++) await expect(breaker.run(boom)).rejects.toThrow('boom');
    expect(breaker.report()).toMatchObject({ state: 'disabled', failures: 0, rejected: 0, retryAfterMs: 0 });
    breaker.reset();
    open(breaker);
  });

  test('listeners: each change once, each is removed alone, one that throws hurts nobody', async () => {
    const { env, breaker } = setUp({ failureThreshold: 1, successThreshold: 1, halfOpenTimeoutMs: 400 });
    const seen: string[] = [];
    const listener = ({ breaker: name, from, to, failures, openMs }: BreakerChange): void =>
      void seen.push(`${name} ${from} > ${to} ${failures} ${openMs}`);
    breaker.subscribe(() => {
      throw new Error('broken observer');
    });
    const remove = breaker.subscribe(listener);
    breaker.subscribe(listener);
    remove();
    remove();
    open(breaker, 1);
    await env.advance(1_000);
    void breaker.run(hang);
    await env.advance(400 + 2_000);
    await breaker.run(() => 1);
    expect(seen).toEqual([
      'pricing closed > open 1 1000',
      'pricing open > half-open 1 0',
      'pricing half-open > open 2 2000',
      'pricing open > half-open 2 0',
      'pricing half-open > closed 0 0',
    ]);
  });
});
