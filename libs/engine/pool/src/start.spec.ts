import { describe, expect, test } from '@jest/globals';
import { PoolCreateError } from './index.js';
import { deadPool, makePool, watch } from './pool.fixture.js';

describe('start', () => {
  test('creates min and resolves when they are there', async () => {
    const { env, factory, pool } = makePool({ min: 3 }, (made) => {
      made.otherwise = 50;
    });
    expect(pool.status).toBe('starting');
    const started = watch(pool.start());
    await env.advance(49);
    expect(started.state).toBe('pending');
    await env.advance(1);
    expect(started.state).toBe('fulfilled');
    expect(factory.live.length).toBe(3);
    expect(pool.stats()).toMatchObject({ status: 'active', idle: 3, total: 3 });
  });

  test('a constructed pool creates nothing by itself, an acquire starts it', async () => {
    const { env, factory, pool } = makePool({ min: 2 });
    await env.advance(60_000);
    expect(factory.calls).toBe(0);
    await pool.acquire();
    await env.settle();
    expect(pool.stats()).toMatchObject({ status: 'active', leased: 1, total: 2 });
  });

  test('on a dead factory rejects promptly with the cause; the pool goes on trying and recovers', async () => {
    const { env, factory, pool } = deadPool({ min: 2 });
    const started = watch(pool.start());
    await env.settle();
    expect(started.error).toBeInstanceOf(PoolCreateError);
    expect(started.error).toMatchObject({ code: 'POOL_CREATE_FAILED', cause: factory.error });
    expect(env.scheduler.now()).toBe(0);
    await env.advance(60_000);
    expect(factory.calls).toBeGreaterThan(5);
    factory.otherwise = 'ok';
    await env.advance(5_000);
    expect(pool.stats()).toMatchObject({ idle: 2, total: 2, healthy: true });
  });

  test('with min 0 resolves at once', async () => {
    const { env, factory, pool } = deadPool();
    const started = watch(pool.start());
    await env.settle();
    expect(started.state).toBe('fulfilled');
    expect(factory.calls).toBe(0);
  });

  test('twice is once', async () => {
    const { factory, pool } = makePool({ min: 2 });
    await Promise.all([pool.start(), pool.start()]);
    await pool.start();
    expect(factory.calls).toBe(2);
  });
});

describe('warm', () => {
  test('case 22: counts what exists, leased or idle, and connects no more than that', async () => {
    const { env, factory, pool } = makePool({ max: 10 });
    await Promise.all([pool.acquire(), pool.acquire()]);
    await pool.warm(5);
    expect(factory.calls).toBe(5);
    expect(pool.stats()).toMatchObject({ leased: 2, idle: 3, total: 5, creating: 0 });
    await pool.warm(3);
    await env.settle();
    expect(factory.calls).toBe(5);
  });

  test('case 22: never goes beyond max', async () => {
    const { factory, pool } = makePool({ max: 4 });
    await pool.warm(100);
    expect(pool.stats()).toMatchObject({ idle: 4, total: 4 });
    await pool.warm(Infinity);
    expect(factory.calls).toBe(4);
  });

  test('several at once reach the highest', async () => {
    const { env, factory, pool } = makePool({ max: 10 }, (made) => {
      made.otherwise = 10;
    });
    const goals = [watch(pool.warm(6)), watch(pool.warm(2))];
    await env.advance(10);
    expect(goals.map((goal) => goal.state)).toEqual(['pending', 'fulfilled']);
    await env.advance(10);
    expect(goals.map((goal) => goal.state)).toEqual(['fulfilled', 'fulfilled']);
    expect(factory.calls).toBe(6);
  });

  test('beyond maxIdle is kept until it is used: warming is not undone at once', async () => {
    const { env, factory, pool } = makePool({ max: 10, maxIdle: 2 });
    await pool.warm(5);
    await env.advance(5_000);
    expect(factory.calls).toBe(5);
    expect(pool.stats().idle).toBe(5);
  });

  test('on a failing factory rejects with the first failure', async () => {
    const { env, factory, pool } = makePool({ max: 10, createConcurrency: 1 });
    factory.acts = ['ok', 'ok', 'fail'];
    const warmed = watch(pool.warm(5));
    await env.settle();
    expect(warmed.error).toMatchObject({ code: 'POOL_CREATE_FAILED', cause: factory.error });
    expect(pool.stats().total).toBe(2);
    // The goal is given up: nothing more is created for it.
    await env.advance(60_000);
    expect(factory.calls).toBe(3);
  });

  test('during a pause after failures tries at once', async () => {
    const { env, factory, pool } = deadPool();
    const failed = watch(pool.warm(1));
    await env.settle();
    expect(failed.state).toBe('rejected');
    factory.otherwise = 'ok';
    const warmed = watch(pool.warm(2));
    await env.settle();
    expect(warmed.state).toBe('fulfilled');
    expect(env.scheduler.now()).toBe(0);
  });

  test('while suspended creates too', async () => {
    const { env, pool } = makePool();
    pool.suspend();
    const warmed = watch(pool.warm(2));
    await env.settle();
    expect(warmed.state).toBe('fulfilled');
    expect(pool.stats()).toMatchObject({ status: 'suspended', idle: 2 });
    expect(pool.tryAcquire()).toBeUndefined();
  });

  test('ends when the pool is made smaller than the goal', async () => {
    const { env, factory, pool } = makePool({ max: 10, createConcurrency: 2 }, (made) => {
      made.acts = ['ok', 'ok'];
      made.otherwise = 'hang';
    });
    const warmed = watch(pool.warm(8));
    await env.settle();
    expect(warmed.state).toBe('pending');
    pool.resize({ max: 2 });
    await env.settle();
    expect(warmed.state).toBe('fulfilled');
    expect(factory.calls).toBe(4);
  });

  test.each([NaN, -1, 1.5])('refuses %p', async (n) => {
    const { pool } = makePool();
    await expect(pool.warm(n)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  });
});
