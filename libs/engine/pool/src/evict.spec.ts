import { describe, expect, test } from '@jest/globals';
import type { PoolOptions } from './index.js';
import { makePool, sleep, watch, type FakeFactory, type Thing } from './pool.fixture.js';

async function full(
  count: number,
  options: Partial<PoolOptions<Thing>> = {},
  prepare: (factory: FakeFactory) => void = () => {},
) {
  const made = makePool({ min: count, max: count, maxLifetimeMs: Infinity, ...options }, prepare);
  const started = watch(made.pool.start());
  await made.env.advance(5_000);
  expect(started.state).toBe('fulfilled');
  const evicted = made.factory.made.slice();
  return { ...made, evicted };
}

describe('evict', () => {
  test.each([2, 3, 10])('replaces all of %p, and there is always one to lend', async (count) => {
    const { env, factory, pool, evicted } = await full(count, {}, (made) => {
      made.otherwise = 50;
      made.destroyMs = 5;
    });
    pool.evict('credentials rotated');
    let least = pool.stats().idle;
    for (let ms = 0; ms < 2_000; ms++) {
      least = Math.min(least, pool.stats().idle);
      expect(pool.stats().total).toBeLessThanOrEqual(count);
      await env.advance(1);
    }
    expect(least).toBeGreaterThanOrEqual(Math.floor(count / 2));
    expect(evicted.every(({ reason }) => reason === 'credentials rotated')).toBe(true);
    expect(factory.made.length).toBe(2 * count);
    expect(pool.stats()).toMatchObject({ idle: count, total: count });
  });

  test('closes never more than createConcurrency at a time', async () => {
    const { env, factory, pool } = await full(10, { createConcurrency: 2 }, (made) => {
      made.otherwise = 50;
    });
    pool.evict('old');
    for (let ms = 0; ms < 1_000; ms += 10) {
      expect(pool.stats().creating + pool.stats().closing).toBeLessThanOrEqual(2);
      await env.advance(10);
    }
    expect(factory.made.length).toBe(20);
  });

  test('immediately closes all idle ones at once', async () => {
    const { env, pool, evicted } = await full(10);
    pool.evict('compromised', { immediately: true });
    expect(pool.stats()).toMatchObject({ idle: 0, closing: 10 });
    expect(pool.tryAcquire()).toBeUndefined();
    await env.settle();
    expect(evicted.every(({ destroyed }) => destroyed === 1)).toBe(true);
    expect(pool.stats()).toMatchObject({ idle: 10, created: 20 });
  });

  test('under load: everybody is served all the while, lent ones go when they come back', async () => {
    const { env, pool, evicted } = await full(5, {}, (made) => {
      made.otherwise = 20;
    });
    const outcomes = Array.from({ length: 3 }, () => watch(pool.use(() => sleep(env, 100))));
    pool.evict('old');
    for (let ms = 0; ms < 1_000; ms += 10) {
      outcomes.push(watch(pool.use(() => sleep(env, 15))));
      await env.advance(10);
    }
    await env.advance(200);
    expect(outcomes.every(({ state }) => state === 'fulfilled')).toBe(true);
    expect(evicted.map(({ destroyed }) => destroyed)).toEqual([1, 1, 1, 1, 1]);
  });

  test('goes on while the pool is suspended, and after it', async () => {
    const { env, factory, pool, evicted } = await full(4, {}, (made) => {
      made.otherwise = 50;
    });
    pool.suspend();
    pool.evict('old');
    await env.advance(75);
    pool.resume();
    expect(pool.tryAcquire()).toBeDefined();
    await env.advance(1_000);
    expect(evicted.filter(({ destroyed }) => destroyed === 1).length).toBeGreaterThanOrEqual(3);
    expect(factory.live.length).toBe(4);
    const { env: other, pool: suspended, evicted: all } = await full(4);
    suspended.suspend();
    suspended.evict('old');
    await other.advance(1_000);
    expect(all.every(({ destroyed }) => destroyed === 1)).toBe(true);
    expect(suspended.stats()).toMatchObject({ idle: 4, status: 'suspended' });
  });

  test('a destroy that hangs holds it up for destroyTimeoutMs, no longer', async () => {
    const { env, pool, evicted } = await full(4, { destroyTimeoutMs: 500 }, (made) => {
      made.destroyMs = Infinity;
    });
    pool.evict('old');
    await env.advance(400);
    expect(pool.stats()).toMatchObject({ closing: 2, idle: 2 });
    await env.advance(3_000);
    expect(evicted.every(({ destroyed }) => destroyed === 1)).toBe(true);
    expect(pool.stats()).toMatchObject({ idle: 4, total: 4 });
  });

  test('while nothing can be created what is out of date is better than nothing', async () => {
    const { env, factory, pool, evicted } = await full(4);
    factory.otherwise = 'fail';
    pool.evict('old');
    await env.advance(20_000);
    expect(pool.stats().idle).toBe(2);
    expect(pool.tryAcquire()).toBeDefined();
    factory.otherwise = 'ok';
    await env.advance(20_000);
    expect(evicted.filter(({ destroyed }) => destroyed === 1).length).toBe(3);
  });

  test('goes on though the budget gives no permit for what should follow', async () => {
    const budget = {
      permits: 4,
      tryTake: () => budget.permits > 0 && budget.permits-- > 0,
      give: () => {},
      wanted: () => {},
      onFree: () => () => {},
    };
    const { env, pool, evicted } = await full(4, { budget });
    pool.evict('old');
    await env.advance(20_000);
    expect(evicted.every(({ destroyed }) => destroyed === 1)).toBe(true);
    await pool.close();
    expect(env.pendingTimers).toBe(0);
  });

  test('a second one while the first goes on replaces what the first has brought', async () => {
    const { env, factory, pool } = await full(4, {}, (made) => {
      made.otherwise = 50;
    });
    pool.evict('first');
    await env.advance(60);
    pool.evict('second');
    await env.advance(2_000);
    expect(pool.stats()).toMatchObject({ idle: 4, total: 4 });
    expect(factory.live.every(({ id }) => id > 6)).toBe(true);
  });
});
