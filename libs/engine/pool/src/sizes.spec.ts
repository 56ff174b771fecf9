import { describe, expect, test } from '@jest/globals';
import { OptionsError } from '@nest-pooling/core';
import { got, makePool, watch } from './pool.fixture.js';

describe('resize', () => {
  test('case 24: an enlarged pool creates for who waits and keeps what comes back', async () => {
    const { env, factory, pool } = makePool({ max: 1 });
    const lease = await pool.acquire();
    const waiters = [watch(pool.acquire()), watch(pool.acquire())];
    await env.settle();
    pool.resize({ max: 3 });
    await env.settle();
    lease.release();
    for (const waiter of waiters) got(waiter).release();
    await env.settle();
    expect(pool.stats()).toMatchObject({ max: 3, idle: 3, total: 3, destroyed: {} });
    expect(factory.live.length).toBe(3);
  });

  test.each([
    { max: -1 },
    { max: 0 },
    { max: 1.5 },
    { max: NaN },
    { max: Infinity },
    { min: -1 },
    { min: 11 },
    { min: 4, max: 3 },
  ])('case 24: %p is refused and changes nothing', (sizes) => {
    const { pool } = makePool({ min: 1, max: 10 });
    expect(() => pool.resize(sizes)).toThrow(OptionsError);
    expect(() => pool.resize(sizes)).toThrow(/^resizing the pool 'orders'/);
    expect(pool.stats()).toMatchObject({ min: 1, max: 10 });
  });

  test("case 24: the caller's options are not changed, and later changes to them have no effect", async () => {
    const options = { max: 2, maxIdle: 2, leak: { warnAfterMs: 1_000 }, createBackoff: { initialMs: 5 } };
    const before = structuredClone(options);
    const { pool } = makePool(options);
    pool.resize({ max: 7, min: 1 });
    expect(options).toEqual(before);
    options.max = 100;
    expect(pool.stats().max).toBe(7);
  });

  test('down closes idle ones at once, the longest idle first, and lent ones when they come back', async () => {
    const { env, factory, pool } = makePool({ max: 5 });
    await pool.warm(5);
    const leases = [pool.tryAcquire()!, pool.tryAcquire()!];
    pool.resize({ max: 1 });
    await env.settle();
    expect(factory.live.map((thing) => thing.id)).toEqual([4, 5]);
    expect(leases.every((lease) => lease.active)).toBe(true);
    expect(pool.stats()).toMatchObject({
      total: 2,
      leased: 2,
      utilization: 1,
      destroyed: { 'pool made smaller': 3 },
    });
    leases[0]!.release();
    await env.settle();
    leases[1]!.release();
    await env.settle();
    expect(pool.stats()).toMatchObject({ total: 1, idle: 1, destroyed: { 'pool made smaller': 4 } });
  });

  test('down does not serve who waits from what is too much', async () => {
    const { env, pool } = makePool({ max: 2 });
    const leases = await Promise.all([pool.acquire(), pool.acquire()]);
    const waiter = watch(pool.acquire());
    pool.resize({ max: 1 });
    leases[0].release();
    await env.settle();
    expect(waiter.state).toBe('pending');
    leases[1].release();
    await env.settle();
    expect(waiter.state).toBe('fulfilled');
    expect(pool.stats().total).toBe(1);
  });

  test('down during creates closes those that come and are too much, not those that are there', async () => {
    const { env, factory, pool } = makePool({ max: 6, createConcurrency: 3 });
    await pool.warm(2);
    factory.otherwise = 50;
    watch(pool.warm(5));
    await env.advance(10);
    expect(pool.stats()).toMatchObject({ idle: 2, creating: 3 });
    pool.resize({ max: 3 });
    await env.advance(40);
    expect(factory.live.map((thing) => thing.id)).toEqual([1, 2, 3]);
    expect(pool.stats()).toMatchObject({ idle: 3, total: 3, creating: 0 });
  });

  test('of min upwards creates what is missing, downwards lets idle ones go in time', async () => {
    const { env, pool } = makePool({ max: 5, idleTimeoutMs: 1_000 });
    await pool.start();
    pool.resize({ min: 3 });
    await env.settle();
    expect(pool.stats().idle).toBe(3);
    pool.resize({ min: 1 });
    await env.advance(2_000);
    expect(pool.stats().idle).toBe(1);
  });

  test('maxIdle survives being more than max for a while', async () => {
    const { env, pool } = makePool({ max: 10, maxIdle: 4 });
    pool.resize({ max: 2 });
    pool.resize({ max: 10 });
    const leases = await Promise.all(Array.from({ length: 8 }, () => pool.acquire()));
    for (const lease of leases) lease.release();
    await env.settle();
    expect(pool.stats().idle).toBe(4);
  });

  test('after a resize down and up returns take the fast path again', async () => {
    const { env, pool } = makePool({ max: 3 });
    const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
    pool.resize({ max: 1 });
    pool.resize({ max: 3 });
    for (const lease of leases) lease.release();
    await env.settle();
    expect(pool.stats()).toMatchObject({ idle: 3, destroyed: {} });
  });
});

describe('evict', () => {
  test('replaces idle ones at once, lent ones when they come back, and refills min', async () => {
    const { env, factory, pool } = makePool({ min: 2, max: 4 });
    await pool.start();
    const lease = pool.tryAcquire()!;
    pool.evict('credentials rotated');
    await env.settle();
    expect(lease.active).toBe(true);
    expect(factory.made.map((thing) => thing.reason)).toEqual(['credentials rotated', undefined, undefined]);
    lease.release();
    await env.settle();
    expect(factory.made[1]).toMatchObject({ destroyed: 1, reason: 'credentials rotated' });
    expect(pool.stats()).toMatchObject({ idle: 2, total: 2, destroyed: { 'credentials rotated': 2 } });
    expect(factory.live.map((thing) => thing.id)).toEqual([3, 4]);
  });

  test('replaces one that is being created: it was begun with what is out of date', async () => {
    const { env, factory, pool } = makePool({ max: 1 }, (made) => {
      made.acts = [50];
    });
    const waiter = watch(pool.acquire());
    await env.advance(10);
    pool.evict('credentials rotated');
    await env.advance(40);
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'credentials rotated' });
    expect(got(waiter).resource.id).toBe(2);
  });

  test('leaves those alone that are created afterwards', async () => {
    const { env, factory, pool } = makePool();
    await pool.warm(1);
    pool.evict('old');
    await pool.warm(1);
    (await pool.acquire()).release();
    await env.settle();
    expect(factory.live.map((thing) => thing.id)).toEqual([2]);
  });
});
