import { describe, expect, test } from '@jest/globals';
import { makePool, watch } from './pool.fixture.js';

/** Found by `npm run simulate -- pool`. */
describe('the keeper and the clock', () => {
  test('what is lent in the moment after a leap is not as old as the leap', async () => {
    const { env, pool } = makePool({ leak: { reclaimAfterMs: 1_000 } });
    const first = await pool.acquire();
    await env.advance(50);
    // Comes due in the leap before the keeper looks at the clock.
    env.scheduler.after(10, () => {
      first.release();
      watch(pool.acquire());
    });
    await env.stall(5_000);
    expect(pool.stats()).toMatchObject({ leased: 1, reclaimed: 0, leaks: 0 });
    await env.advance(1_300);
    expect(pool.stats()).toMatchObject({ leased: 0, reclaimed: 1 });
    await pool.close();
  });

  test('what comes back in the moment after a leap has not been idle that long', async () => {
    const { env, pool } = makePool({ idleTimeoutMs: 1_000 });
    const lease = await pool.acquire();
    await env.advance(50);
    env.scheduler.after(10, () => lease.release());
    await env.stall(5_000);
    expect(pool.stats()).toMatchObject({ idle: 1, total: 1 });
    await env.advance(1_300);
    expect(pool.stats().total).toBe(0);
    await pool.close();
  });

  test('a keeper that was late twice counts ages as before', async () => {
    const { env, pool } = makePool({ idleTimeoutMs: 1_000 });
    const lease = await pool.acquire();
    await env.advance(60);
    await env.stall(130);
    // Just before the next tick begins.
    await env.advance(95);
    lease.release();
    await env.stall(20);
    await env.advance(965);
    expect(pool.stats().idle).toBe(1);
    await pool.close();
  });

  test('nothing is taken from its holder too early where the time is no multiple of a tick', async () => {
    // Ticks of 60 ms.
    const { env, pool } = makePool({ idleTimeoutMs: 600, leak: { warnAfterMs: 650, reclaimAfterMs: 650 } });
    await pool.warm(1);
    await env.advance(59);
    const held = await pool.acquire();
    await env.advance(645);
    expect(pool.stats()).toMatchObject({ leaks: 0, reclaimed: 0 });
    await env.advance(100);
    expect([pool.stats().reclaimed, held.active]).toEqual([1, false]);
    await pool.close();
  });

  test('nothing is closed as idle too early where the time is no multiple of a tick', async () => {
    // Ticks of 60 ms.
    const { env, pool } = makePool({ idleTimeoutMs: 1_000, leak: { warnAfterMs: 600 } });
    const lease = await pool.acquire();
    await env.advance(59);
    lease.release();
    await env.advance(995);
    expect(pool.stats().idle).toBe(1);
    await env.advance(100);
    expect(pool.stats().idle).toBe(0);
    await pool.close();
  });

  test('what a goal wants is not closed as idle, to be created again', async () => {
    const { env, factory, pool } = makePool({ max: 5, idleTimeoutMs: 1_000 }, (made) => {
      made.acts = ['ok', 'ok', 'hang'];
    });
    const warmed = watch(pool.warm(3));
    await env.advance(4_000);
    expect([warmed.state, factory.made.length]).toEqual(['pending', 2]);
    await pool.close();
  });

  test('an eviction goes on although a create that failed took its place', async () => {
    const { env, factory, pool } = makePool({ max: 3, createConcurrency: 1, createTimeoutMs: 100 });
    await pool.warm(2);
    factory.otherwise = 'hang';
    const waiting = [1, 2, 3].map(() => watch(pool.acquire({ timeoutMs: 50 })));
    await env.advance(101);
    for (const outcome of waiting) outcome.value?.release();
    factory.otherwise = 'ok';
    pool.evict('rotated');
    await env.advance(10_000);
    expect(factory.made.slice(0, 2).map(({ destroyed }) => destroyed)).toEqual([1, 1]);
    await pool.close();
  });
});
