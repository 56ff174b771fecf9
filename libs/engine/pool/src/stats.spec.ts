import { describe, expect, test } from '@jest/globals';
import { got, makePool, sleep, watch } from './pool.fixture.js';

describe('stats', () => {
  test('case 27: the numbers are derived, and add up in every state', async () => {
    const { env, factory, pool } = makePool({ max: 6, destroyTimeoutMs: 100 }, (made) => {
      made.check = (thing) => (thing.id === 2 ? 'reset' : 'ok');
      made.reset = () => sleep(env, 50);
      made.destroyMs = 50;
    });
    const leases = await Promise.all([1, 2, 3, 4].map(() => pool.acquire()));
    leases[0]!.release();
    leases[1]!.release();
    leases[2]!.discard();
    factory.otherwise = 50;
    pool.tryAcquire();
    // One for the resource that is being reset, one for a new one.
    watch(pool.acquire());
    watch(pool.acquire());
    await env.settle();
    expect(pool.stats()).toMatchObject({
      total: 5,
      idle: 0,
      leased: 2,
      creating: 1,
      checking: 1,
      closing: 1,
      waiting: 2,
    });
    await env.advance(50);
    expect(pool.stats()).toMatchObject({
      total: 4,
      leased: 4,
      idle: 0,
      creating: 0,
      checking: 0,
      closing: 0,
      waiting: 0,
    });
  });

  test('case 29: utilisation is what is lent over max', async () => {
    const { pool } = makePool({ max: 4 });
    await pool.acquire();
    expect(pool.stats()).toMatchObject({ total: 1, leased: 1, utilization: 0.25 });
    pool.resize({ max: 1 });
    expect(pool.stats().utilization).toBe(1);
  });

  test('case 29: after a resize down it is never above 1', async () => {
    const { pool } = makePool({ max: 4 });
    await Promise.all([pool.acquire(), pool.acquire()]);
    pool.resize({ max: 1 });
    expect(pool.stats().utilization).toBe(1);
  });

  test('case 30: reuse is the share of borrowings that needed no create, from 0 to 1', async () => {
    const { pool } = makePool({ max: 4 });
    expect(pool.stats().reuse).toBe(0);
    await pool.use(() => {});
    expect(pool.stats().reuse).toBe(0);
    for (let i = 0; i < 9; i++) await pool.use(() => {});
    expect(pool.stats().reuse).toBeCloseTo(0.9);
    const other = makePool({ max: 4 }).pool;
    await other.warm(4);
    await other.use(() => {});
    expect(other.stats().reuse).toBe(0);
  });

  test('peak is the most that were lent at the same time', async () => {
    const { pool } = makePool();
    const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
    for (const lease of leases) lease.release();
    await pool.use(() => {});
    expect(pool.stats().peak).toBe(3);
  });

  test('totals count each thing once', async () => {
    const { env, factory, pool } = makePool({ max: 1, maxWaiters: 1, acquireTimeoutMs: 100 });
    const lease = await pool.acquire();
    const controller = new AbortController();
    const waiter = watch(pool.acquire({ signal: controller.signal }));
    watch(pool.acquire());
    controller.abort();
    watch(pool.acquire());
    await env.advance(100);
    expect(waiter.state).toBe('rejected');
    factory.acts = ['fail'];
    lease.discard();
    await env.settle();
    pool.resize({ min: 1 });
    await env.settle();
    expect(pool.stats()).toMatchObject({
      acquired: 1,
      created: 1,
      createErrors: 1,
      timeouts: 1,
      cancelled: 1,
      refused: 1,
      misuses: 0,
      leaks: 0,
      destroyed: { discarded: 1 },
    });
  });

  test('reasons are texts of the caller: none breaks the counting, and there are not too many', async () => {
    const { env, pool } = makePool();
    for (const reason of ['constructor', '__proto__', 'constructor']) {
      (await pool.acquire()).discard(reason);
      await env.settle();
    }
    expect(Object.entries(pool.stats().destroyed)).toEqual([
      ['constructor', 2],
      ['__proto__', 1],
    ]);
    for (let i = 0; i < 200; i++) {
      (await pool.acquire()).discard(`query ${i} failed`);
      await env.settle();
    }
    const { destroyed } = pool.stats();
    expect(Object.keys(destroyed).length).toBe(33);
    expect(destroyed['other']).toBe(170);
  });

  test('what they say does not change afterwards', async () => {
    const { env, pool } = makePool();
    const before = pool.stats();
    (await pool.acquire()).discard('x');
    await env.settle();
    expect(before).toMatchObject({ acquired: 0, destroyed: {} });
  });
});

describe('healthy', () => {
  test('not while too many wait', async () => {
    const { env, pool } = makePool({ max: 1, unhealthyWaiters: 2 });
    const lease = await pool.acquire();
    const waiters = [watch(pool.acquire())];
    expect(pool.stats().healthy).toBe(true);
    waiters.push(watch(pool.acquire()));
    expect(pool.stats().healthy).toBe(false);
    lease.release();
    await env.settle();
    expect(got(waiters[0]!).active).toBe(true);
    expect(pool.stats().healthy).toBe(true);
  });

  test('not when there have been fewer than min for longer than createTimeoutMs', async () => {
    const { env, factory, pool } = makePool({ min: 2, createTimeoutMs: 2_000 }, (made) => {
      made.otherwise = 'fail';
    });
    await env.advance(60_000);
    expect(pool.stats()).toMatchObject({ healthy: true, belowMinMs: 0, status: 'starting' });
    watch(pool.start());
    await env.advance(2_000);
    expect(pool.stats()).toMatchObject({ healthy: true, belowMinMs: 2_000 });
    await env.advance(1);
    expect(pool.stats().healthy).toBe(false);
    factory.otherwise = 'ok';
    await env.advance(5_000);
    expect(pool.stats()).toMatchObject({ healthy: true, belowMinMs: 0 });
  });

  test('not when draining or closed', async () => {
    const { pool } = makePool();
    const lease = await pool.acquire();
    const closed = pool.close();
    expect(pool.stats().healthy).toBe(false);
    lease.release();
    await closed;
    expect(pool.stats().healthy).toBe(false);
  });
});
