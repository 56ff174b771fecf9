import { describe, expect, test } from '@jest/globals';
import { got, makePool, sleep, watch } from './pool.fixture.js';

describe('invalidate', () => {
  test('destroys one idle resource at once, and no other; min is refilled', async () => {
    const { env, factory, pool } = makePool({ min: 3 });
    await pool.start();
    pool.invalidate(factory.made[1]!, 'connection lost');
    expect(pool.stats()).toMatchObject({ idle: 2, closing: 1 });
    await env.settle();
    expect(factory.made.map((thing) => thing.reason)).toEqual([
      undefined,
      'connection lost',
      undefined,
      undefined,
    ]);
    expect(pool.stats()).toMatchObject({ idle: 3, total: 3, destroyed: { 'connection lost': 1 } });
  });

  test('destroys a lent one when it comes back, and tells the first reason', async () => {
    const { env, factory, pool } = makePool();
    const lease = await pool.acquire();
    pool.invalidate(lease.resource, 'connection lost');
    pool.invalidate(lease.resource, 'lost again');
    await env.settle();
    expect(lease.active).toBe(true);
    expect(factory.made[0]!.destroyed).toBe(0);
    lease.release();
    await env.settle();
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'connection lost' });
  });

  test('destroys one that is being reset when that is over', async () => {
    const { env, factory, pool } = makePool({ max: 1 }, (made) => {
      made.check = () => 'reset';
      made.reset = () => sleep(env, 50);
    });
    (await pool.acquire()).release();
    const waiter = watch(pool.acquire());
    pool.invalidate(factory.made[0]!, 'connection lost');
    await env.advance(50);
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'connection lost' });
    expect(got(waiter).resource.id).toBe(2);
  });

  test('reaches what a suspended pool has put aside', async () => {
    const { env, factory, pool } = makePool({ max: 2 });
    await pool.warm(2);
    pool.suspend();
    pool.invalidate(factory.made[0]!, 'connection lost');
    await env.settle();
    pool.resume();
    expect(pool.stats()).toMatchObject({ idle: 1, total: 1 });
    expect(pool.tryAcquire()?.resource.id).toBe(2);
  });

  test('casts doubt on the others where that is wanted: they are validated before they are lent', async () => {
    const validated: number[] = [];
    const { env, factory, pool } = makePool({ max: 4 }, (made) => {
      made.validate = (thing) => {
        validated.push(thing.id);
        return Promise.resolve(thing.id !== 3);
      };
    });
    await pool.warm(4);
    pool.invalidate(factory.made[3]!, 'connection lost', { doubtful: true });
    expect(pool.tryAcquire()).toBeUndefined();
    const waiters = [watch(pool.acquire()), watch(pool.acquire())];
    await env.settle();
    expect(new Set(waiters.map((waiter) => got(waiter).resource.id))).toEqual(new Set([1, 2]));
    expect(validated).toHaveLength(3);
    expect(new Set(validated)).toEqual(new Set([1, 2, 3]));
    expect(factory.made[2]).toMatchObject({ destroyed: 1 });
    for (const waiter of waiters) got(waiter).release();
    // Once is enough.
    expect(pool.tryAcquire()).toBeDefined();
    pool.invalidate(factory.made[0]!, 'lost');
    expect(validated).toHaveLength(3);
  });

  test('of what is unknown, or gone already, does nothing', async () => {
    const { env, factory, pool } = makePool();
    await pool.warm(1);
    pool.invalidate({ id: 99, destroyed: 0, reason: undefined }, 'lost');
    pool.invalidate(factory.made[0]!, 'lost');
    pool.invalidate(factory.made[0]!, 'lost');
    await env.settle();
    pool.invalidate(factory.made[0]!, 'lost');
    await env.settle();
    expect(factory.made[0]!.destroyed).toBe(1);
    expect(pool.stats().destroyed).toEqual({ lost: 1 });
  });
});
