import { describe, expect, test } from '@jest/globals';
import { makePool, watch } from './pool.fixture.js';

describe('idle resources', () => {
  test('above min are closed after idleTimeoutMs, not before', async () => {
    const { env, factory, pool } = makePool({ min: 1, idleTimeoutMs: 1_000 });
    await pool.warm(3);
    await env.advance(1_000);
    expect(pool.stats().idle).toBe(3);
    // The keeper looks every tenth of it, and counts whole ticks.
    await env.advance(200);
    expect(pool.stats()).toMatchObject({ idle: 1, destroyed: { idle: 2 } });
    expect(factory.live.length).toBe(1);
  });

  test('are looked after in any moment, also where the next one is rounded to the present', async () => {
    for (let began = 0.1; began < 4; began += 0.7) {
      const { env, factory, pool } = makePool({ min: 0, idleTimeoutMs: 1_000 });
      await env.advance(began);
      await pool.warm(1);
      for (let at = 0; at < 40; at++) await env.advance(33.3);
      expect(factory.live.length).toBe(0);
      await pool.close();
    }
  });

  test('the ones that were idle for longest go first', async () => {
    const { env, factory, pool } = makePool({ min: 1, idleTimeoutMs: 1_000 });
    await pool.warm(2);
    const lease = pool.tryAcquire()!;
    await env.advance(600);
    lease.release();
    await env.advance(600);
    expect(factory.live.map((thing) => thing.id)).toEqual([2]);
  });

  test('case 8: idle time counts from the return, not from the borrowing', async () => {
    const { env, factory, pool } = makePool({ idleTimeoutMs: 1_000 });
    const lease = await pool.acquire();
    await env.advance(50_000);
    lease.release();
    await env.advance(900);
    expect(pool.stats().idle).toBe(1);
    await env.advance(400);
    expect(factory.live).toEqual([]);
  });

  test('case 9: min is kept, without creating and destroying again and again', async () => {
    const { env, factory, pool } = makePool({ min: 3, idleTimeoutMs: 100, maxLifetimeMs: Infinity });
    await pool.start();
    await env.advance(100_000);
    expect(factory.calls).toBe(3);
    expect(pool.stats()).toMatchObject({ idle: 3, destroyed: {} });
  });

  test('case 9: creates that hang do not count for min', async () => {
    const { env, factory, pool } = makePool({ min: 1, max: 5, idleTimeoutMs: 1_000, acquireTimeoutMs: 500 });
    await pool.start();
    const lease = pool.tryAcquire()!;
    factory.otherwise = 'hang';
    watch(pool.acquire());
    await env.advance(600);
    lease.release();
    await env.advance(1_300);
    expect(pool.stats()).toMatchObject({ idle: 1, creating: 1 });
  });

  test('Infinity keeps them for ever', async () => {
    const { env, pool } = makePool({ idleTimeoutMs: Infinity, maxLifetimeMs: Infinity });
    await pool.warm(3);
    await env.advance(10_000_000);
    expect(pool.stats().idle).toBe(3);
  });

  test('by default for 5 minutes', async () => {
    const { env, pool } = makePool();
    await pool.warm(3);
    await env.advance(300_000);
    expect(pool.stats().idle).toBe(3);
    await env.advance(3_000);
    expect(pool.stats().idle).toBe(0);
  });

  test('more than maxIdle are closed on return, at once', async () => {
    const { env, factory, pool } = makePool({ max: 5, maxIdle: 2 });
    const leases = await Promise.all([1, 2, 3, 4].map(() => pool.acquire()));
    for (const lease of leases) lease.release();
    await env.settle();
    expect(pool.stats()).toMatchObject({ idle: 2, destroyed: { 'more than maxIdle idle': 2 } });
    expect(factory.live.length).toBe(2);
  });

  test('maxIdle 0 keeps none, but still hands over to who waits', async () => {
    const { env, factory, pool } = makePool({ max: 1, maxIdle: 0 });
    const lease = await pool.acquire();
    const waiter = watch(pool.acquire());
    lease.release();
    await env.settle();
    expect(waiter.value?.resource).toBe(factory.made[0]);
    waiter.value!.release();
    await env.settle();
    expect(pool.stats().total).toBe(0);
  });

  test('maxIdle below min, which only a resize can bring, does not create and destroy for ever', async () => {
    const { env, factory, pool } = makePool({ min: 1, max: 5, maxIdle: 1 });
    await pool.start();
    pool.resize({ min: 3 });
    await env.advance(5_000);
    await pool.use(() => {});
    await env.advance(5_000);
    expect(factory.calls).toBe(3);
    expect(pool.stats().idle).toBe(3);
  });
});

describe('lifetime', () => {
  test('case 17: an over-age idle resource is replaced, also at min, and not lent', async () => {
    const { env, factory, pool } = makePool({ min: 1, maxLifetimeMs: 1_000, lifetimeJitter: 0 });
    await pool.start();
    await env.advance(900);
    expect(pool.stats()).toMatchObject({ idle: 1, created: 1 });
    await env.advance(200);
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'lifetime' });
    expect(pool.tryAcquire()?.resource).toBe(factory.made[1]);
  });

  test('a lent one is replaced when it comes back, not under the hands of its holder', async () => {
    const { env, factory, pool } = makePool({ maxLifetimeMs: 1_000, lifetimeJitter: 0 });
    const lease = await pool.acquire();
    await env.advance(5_000);
    expect(factory.made[0]!.destroyed).toBe(0);
    expect(lease.active).toBe(true);
    lease.release();
    await env.settle();
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'lifetime' });
  });

  test('counts from the creation, whatever it was used for', async () => {
    const { env, factory, pool } = makePool({ maxLifetimeMs: 1_000, lifetimeJitter: 0 });
    for (let i = 0; i < 12; i++) {
      await pool.use(() => {});
      await env.advance(100);
    }
    expect(factory.made[0]!.reason).toBe('lifetime');
  });

  test('not all expire together: the jitter cuts off a random share of up to lifetimeJitter', async () => {
    const { env, factory, pool } = makePool({ max: 50, maxLifetimeMs: 10_000, lifetimeJitter: 0.5 });
    await pool.warm(50);
    const gone: number[] = [];
    for (let ms = 0; ms <= 11_000; ms += 1_000) {
      gone.push(factory.made.filter((thing) => thing.destroyed).length);
      await env.advance(1_000);
    }
    expect(gone[4]).toBe(0);
    expect(gone[11]).toBe(50);
    const steps = gone.slice(1).map((count, i) => count - gone[i]!);
    expect(Math.max(...steps)).toBeLessThan(25);
    expect(steps.filter((step) => step > 0).length).toBeGreaterThanOrEqual(4);
  });

  test('Infinity never replaces', async () => {
    const { env, factory, pool } = makePool({ min: 1, maxLifetimeMs: Infinity });
    await pool.start();
    await env.advance(100_000_000);
    expect(factory.calls).toBe(1);
  });
});
