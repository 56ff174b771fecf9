import { describe, expect, test } from '@jest/globals';
import { PoolClosedError, PoolTimeoutError } from './index.js';
import { got, makePool, watch } from './pool.fixture.js';

describe('drain', () => {
  test('case 15: refuses new callers and serves those who wait already', async () => {
    const { env, factory, pool } = makePool({ max: 1 });
    const lease = await pool.acquire();
    const waiters = [watch(pool.acquire()), watch(pool.acquire())];
    const drained = watch(pool.drain());
    expect(pool.status).toBe('draining');
    await expect(pool.acquire()).rejects.toThrow(/draining/);
    expect(pool.tryAcquire()).toBeUndefined();
    lease.release();
    await env.settle();
    got(waiters[0]!).release();
    await env.settle();
    expect(factory.made[0]!.destroyed).toBe(0);
    got(waiters[1]!).release();
    await env.settle();
    expect(drained.state).toBe('fulfilled');
    expect(pool.status).toBe('closed');
    expect(factory.made[0]!.destroyed).toBe(1);
  });

  test('closes what is idle at once and does not refill min', async () => {
    const { env, factory, pool } = makePool({ min: 3 });
    await pool.start();
    const lease = pool.tryAcquire()!;
    const drained = watch(pool.drain());
    await env.advance(5_000);
    expect(factory.live.length).toBe(1);
    expect(factory.calls).toBe(3);
    lease.release();
    await env.settle();
    expect(drained.state).toBe('fulfilled');
    expect(env.pendingTimers).toBe(0);
  });

  test('creates for those who wait', async () => {
    const { env, pool } = makePool({}, (made) => {
      made.otherwise = 50;
    });
    const waiter = watch(pool.acquire());
    const drained = watch(pool.drain());
    await env.advance(50);
    got(waiter).release();
    await env.settle();
    expect(drained.state).toBe('fulfilled');
  });

  test('at the deadline it ends the leases and the waits', async () => {
    const { env, factory, pool } = makePool({ max: 1, acquireTimeoutMs: 60_000 });
    const lease = await pool.acquire();
    const waiter = watch(pool.acquire());
    const drained = watch(pool.drain({ deadlineMs: 2_000 }));
    await env.advance(1_999);
    expect([drained.state, waiter.state]).toEqual(['pending', 'pending']);
    await env.advance(1);
    expect(drained.state).toBe('fulfilled');
    expect(waiter.error).toBeInstanceOf(PoolClosedError);
    expect(lease.active).toBe(false);
    lease[Symbol.dispose]();
    expect(factory.made[0]!.destroyed).toBe(1);
    expect(pool.stats().misuses).toBe(0);
  });

  test('by default after 10 seconds', async () => {
    const { env, pool } = makePool();
    await pool.acquire();
    const drained = watch(pool.drain());
    await env.advance(9_999);
    expect(drained.state).toBe('pending');
    await env.advance(1);
    expect(drained.state).toBe('fulfilled');
  });

  test('ends when the last who waits gives up, though no resource exists', async () => {
    const { env, pool } = makePool({ failFastAfterMs: Infinity }, (made) => {
      made.otherwise = 'fail';
    });
    const waiter = watch(pool.acquire({ timeoutMs: 300 }));
    const controller = new AbortController();
    const aborted = watch(pool.acquire({ signal: controller.signal }));
    await env.settle();
    const drained = watch(pool.drain({ deadlineMs: 60_000 }));
    await env.advance(300);
    expect(waiter.error).toBeInstanceOf(PoolTimeoutError);
    expect(drained.state).toBe('pending');
    controller.abort();
    await env.settle();
    expect([aborted.state, drained.state]).toEqual(['rejected', 'fulfilled']);
    expect(env.pendingTimers).toBe(0);
  });

  test('ends when those who wait are abandoned', async () => {
    const { env, pool } = makePool({ failFastAfterMs: Infinity }, (made) => {
      made.otherwise = 'fail';
    });
    watch(pool.acquire());
    await env.settle();
    const drained = watch(pool.drain({ deadlineMs: 60_000 }));
    pool.abandonWaiters('the server is gone');
    await env.settle();
    expect(drained.state).toBe('fulfilled');
  });

  test('of a suspended pool serves who waits from what was put aside', async () => {
    const { env, pool } = makePool({ min: 2 });
    await pool.start();
    pool.suspend();
    const waiter = watch(pool.acquire());
    const drained = watch(pool.drain());
    await env.settle();
    got(waiter).release();
    await env.settle();
    expect(drained.state).toBe('fulfilled');
  });

  test('validates what is stale before it serves it', async () => {
    const { env, factory, pool } = makePool({ max: 2, validateAfterIdleMs: 100 }, (made) => {
      made.validate = (thing) => Promise.resolve(thing.id !== 2);
    });
    await pool.warm(2);
    await env.advance(1_000);
    pool.suspend();
    const waiter = watch(pool.acquire());
    const drained = watch(pool.drain());
    await env.settle();
    // One was looked at for the one who waits, the other was closed: so it is a new one.
    expect(factory.made[1]).toMatchObject({ destroyed: 1, reason: 'invalid' });
    expect(got(waiter).resource.id).toBe(3);
    got(waiter).release();
    await env.settle();
    expect(drained.state).toBe('fulfilled');
  });

  test('close in the middle of it refuses who waits, creates no more, and has less patience', async () => {
    const { env, factory, pool } = makePool({ max: 2, closeTimeoutMs: 1_000 });
    const lease = await pool.acquire();
    factory.otherwise = 'hang';
    const waiter = watch(pool.acquire());
    await env.settle();
    const drained = watch(pool.drain({ deadlineMs: 60_000 }));
    await env.advance(100);
    expect(waiter.state).toBe('pending');
    const closed = watch(pool.close());
    await env.settle();
    expect(waiter.error).toBeInstanceOf(PoolClosedError);
    expect(factory.signals[1]!.aborted).toBe(true);
    await env.advance(999);
    expect(closed.state).toBe('pending');
    await env.advance(1);
    expect([drained.state, closed.state]).toEqual(['fulfilled', 'fulfilled']);
    expect(lease.active).toBe(false);
    expect(env.pendingTimers).toBe(0);
  });

  test('close in the middle of it waits no longer than the drain would have', async () => {
    const { env, pool } = makePool({ closeTimeoutMs: 5_000 });
    await pool.acquire();
    const drained = watch(pool.drain({ deadlineMs: 1_000 }));
    watch(pool.close());
    await env.advance(1_000);
    expect(drained.state).toBe('fulfilled');
  });

  test('a deadline of 0 ends everything at once', async () => {
    const { env, pool } = makePool();
    const lease = await pool.acquire();
    const drained = watch(pool.drain({ deadlineMs: 0 }));
    await env.advance(0);
    expect(drained.state).toBe('fulfilled');
    expect(lease.active).toBe(false);
  });
});
