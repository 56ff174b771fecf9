import { describe, expect, test } from '@jest/globals';
import { PoolTimeoutError } from './index.js';
import { got, makePool, recorder, watch } from './pool.fixture.js';

describe('suspend and resume', () => {
  test('acquires are held back, not refused, and served at resume in their order', async () => {
    const { env, pool } = makePool({ max: 2 });
    await pool.warm(2);
    pool.suspend();
    expect(pool.status).toBe('suspended');
    expect(pool.tryAcquire()).toBeUndefined();
    const waiters = [watch(pool.acquire()), watch(pool.use(() => 'used')), watch(pool.acquire())];
    await env.advance(5_000);
    expect(waiters.map((waiter) => waiter.state)).toEqual(['pending', 'pending', 'pending']);
    expect(pool.stats()).toMatchObject({ idle: 2, waiting: 3, healthy: true });
    pool.resume();
    expect(pool.status).toBe('active');
    await env.settle();
    expect(waiters.map((waiter) => waiter.state)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
  });

  test('they wait until their deadline', async () => {
    const { env, pool } = makePool({ acquireTimeoutMs: 300 });
    await pool.warm(1);
    pool.suspend();
    const waiter = watch(pool.acquire());
    await env.advance(300);
    expect(waiter.error).toBeInstanceOf(PoolTimeoutError);
    expect((waiter.error as Error).message).toContain('idle=1');
  });

  test('at resume who waits has what is idle, though creates are under way', async () => {
    const { env, factory, pool } = makePool({ min: 2, max: 5 });
    await pool.start();
    factory.otherwise = 'hang';
    pool.resize({ min: 3 });
    await env.settle();
    expect(pool.stats()).toMatchObject({ idle: 2, creating: 1 });
    pool.suspend();
    const waiters = [watch(pool.acquire()), watch(pool.acquire())];
    pool.resume();
    await env.settle();
    expect(waiters.map((waiter) => waiter.state)).toEqual(['fulfilled', 'fulfilled']);
  });

  test('leases that are out stay out and may come back', async () => {
    const { env, factory, pool } = makePool({ max: 1 });
    const lease = await pool.acquire();
    pool.suspend();
    expect(lease.resource).toBe(factory.made[0]);
    const waiter = watch(pool.acquire());
    lease.release();
    await env.settle();
    expect(waiter.state).toBe('pending');
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0 });
    pool.resume();
    await env.settle();
    expect(got(waiter).resource).toBe(factory.made[0]);
  });

  test('a create that was under way is put aside when it is ready', async () => {
    const { env, pool } = makePool({}, (made) => {
      made.otherwise = 50;
    });
    const waiter = watch(pool.acquire());
    await env.advance(10);
    pool.suspend();
    await env.advance(100);
    expect(waiter.state).toBe('pending');
    expect(pool.stats().idle).toBe(1);
    pool.resume();
    await env.settle();
    expect(waiter.state).toBe('fulfilled');
  });

  test('a lost resource of min is replaced meanwhile, one for a waiter is not created', async () => {
    const { env, factory, pool } = makePool({ min: 1, max: 5 });
    await pool.start();
    const lease = pool.tryAcquire()!;
    pool.suspend();
    watch(pool.acquire());
    await env.advance(2_000);
    expect(factory.calls).toBe(1);
    lease.discard();
    await env.advance(2_000);
    expect(factory.calls).toBe(2);
    expect(pool.stats()).toMatchObject({ idle: 1, waiting: 1 });
  });

  test('what is put aside still ages', async () => {
    const { env, pool } = makePool({ idleTimeoutMs: 1_000 });
    await pool.warm(2);
    pool.suspend();
    await env.advance(1_500);
    expect(pool.stats()).toMatchObject({ total: 0, destroyed: { idle: 2 } });
  });

  test('what became stale is validated after resume', async () => {
    const ids: number[] = [];
    const { env, pool } = makePool({ validateAfterIdleMs: 100 }, (made) => {
      made.validate = (thing) => Promise.resolve(ids.push(thing.id) > 0);
    });
    await pool.warm(1);
    pool.suspend();
    await env.advance(1_000);
    const waiter = watch(pool.acquire());
    pool.resume();
    await env.settle();
    expect(waiter.state).toBe('fulfilled');
    expect(ids).toEqual([1]);
  });

  test('evict and resize reach what is put aside', async () => {
    const { env, factory, pool } = makePool({ max: 4 });
    await pool.warm(4);
    pool.suspend();
    pool.resize({ max: 3 });
    await env.settle();
    expect(factory.made.map((thing) => thing.reason)).toEqual([
      'pool made smaller',
      undefined,
      undefined,
      undefined,
    ]);
    pool.evict('credentials rotated');
    await env.settle();
    expect(pool.stats()).toMatchObject({ total: 0, destroyed: { 'credentials rotated': 3 } });
  });

  test('twice is once; without the other there is no effect', async () => {
    const { pool } = makePool();
    const { sink, events } = recorder();
    pool.subscribe(sink);
    pool.resume();
    expect(pool.status).toBe('starting');
    pool.suspend();
    pool.suspend();
    pool.resume();
    pool.resume();
    expect(events).toEqual([
      ['state', 'starting', 'active'],
      ['state', 'active', 'suspended'],
      ['state', 'suspended', 'active'],
    ]);
  });
});
