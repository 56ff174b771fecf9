import { describe, expect, test } from '@jest/globals';
import { pooled, PoolTimeoutError } from './index.js';
import { makePool, queue, sleep, watch } from './pool.fixture.js';

describe('pooled', () => {
  test('makes a function that borrows, passes on its arguments, and gives back', async () => {
    const { pool } = makePool();
    const add = pooled(pool, (thing, a: number, b: number) => `${thing.id}: ${a + b}`);
    expect([await add(1, 2), await add(3, 4)]).toEqual(['1: 3', '1: 7']);
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 1, acquired: 2 });
  });

  test('gives back when the function throws or rejects', async () => {
    const { pool } = makePool();
    const fail = pooled(pool, (_thing, how: 'throw' | 'reject') => {
      if (how === 'throw') throw new TypeError('no');
      return Promise.reject(new TypeError('no'));
    });
    await expect(fail('throw')).rejects.toThrow(TypeError);
    await expect(fail('reject')).rejects.toThrow(TypeError);
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 1 });
  });

  test('borrows with its options', async () => {
    const { env, pool } = await queue([]);
    const find = pooled(pool, () => 'found', { timeoutMs: 50 });
    const outcome = watch(find());
    await env.advance(50);
    expect(outcome.error).toBeInstanceOf(PoolTimeoutError);
  });
});

describe('await using', () => {
  test('closes the pool at the end of the block', async () => {
    const made = makePool({ min: 2 });
    {
      await using pool = made.pool;
      await pool.start();
      expect(pool.status).toBe('active');
    }
    expect(made.pool.status).toBe('closed');
    expect(made.factory.live).toEqual([]);
    expect(made.env.pendingTimers).toBe(0);
  });
});

describe('histograms', () => {
  test('tell how long waiting, using and creating took', async () => {
    const { env, pool } = makePool({ max: 1, histograms: true }, (made) => {
      made.acts = [30];
    });
    const first = watch(pool.use(() => sleep(env, 200)));
    const second = watch(pool.use(() => sleep(env, 10)));
    const late = watch(pool.acquire({ timeoutMs: 50 }));
    await env.advance(1_000);
    expect([first.state, second.state, late.state]).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    const { times } = pool.stats();
    expect(times!.create).toMatchObject({ count: 1, min: 30, max: 30 });
    expect(times!.use).toMatchObject({ count: 2, min: 10, max: 200, sum: 210 });
    // Who waited in vain is in it: without him the waits of an overloaded pool would look short.
    expect(times!.wait).toMatchObject({ count: 3, min: 30, max: 230, sum: 310 });
  });

  test('are not kept, and no clock is read for them, unless asked for', async () => {
    const { pool } = makePool();
    await pool.use(() => {});
    expect(pool.stats().times).toBeUndefined();
  });
});
