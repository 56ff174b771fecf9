import { describe, expect, test } from '@jest/globals';
import { PoolClosedError } from './index.js';
import { got, makePool, watch } from './pool.fixture.js';

/** Defects that were measured in other pools; each is a scenario that ours must pass. */
describe("the peers' defects", () => {
  test('500 acquires on a dead factory make few creates', async () => {
    const { env, factory, pool } = makePool({ max: 500 }, (made) => {
      made.otherwise = 'fail';
    });
    const outcomes = Array.from({ length: 500 }, () => watch(pool.acquire()));
    await env.settle();
    expect(factory.calls).toBeLessThanOrEqual(4);
    await env.advance(10_000);
    expect(outcomes.every((outcome) => outcome.state === 'rejected')).toBe(true);
    expect(factory.calls).toBeLessThan(40);
  });

  test('a waiter takes any resource that becomes free while its own create is slow', async () => {
    const { env, factory, pool } = makePool({ max: 2 });
    const lease = await pool.acquire();
    factory.otherwise = 1_002;
    const waiter = watch(pool.acquire());
    await env.advance(20);
    lease.release();
    await env.settle();
    expect(got(waiter).resource.id).toBe(1);
    expect(env.scheduler.now()).toBe(20);
    // What was created for it is not lost.
    await env.advance(1_002);
    expect(pool.stats()).toMatchObject({ leased: 1, idle: 1 });
  });

  test('nothing queued stays unsettled after close', async () => {
    const { env, pool } = makePool({ max: 1 });
    const lease = await pool.acquire();
    const waiters = Array.from({ length: 20 }, () => watch(pool.acquire()));
    const used = watch(pool.use(() => 'never'));
    const closed = watch(pool.close());
    lease.release();
    await env.settle();
    expect(closed.state).toBe('fulfilled');
    expect([...waiters, used].every((waiter) => waiter.error instanceof PoolClosedError)).toBe(true);
  });

  test('a stall of our own event loop makes no false timeout', async () => {
    const { env, pool } = makePool({ max: 1, acquireTimeoutMs: 1_000 });
    const lease = await pool.acquire();
    const waiter = watch(pool.acquire());
    await env.advance(10);
    await env.stall(3_000, () => lease.release());
    expect(waiter.state).toBe('fulfilled');
  });

  test('an error of the work does not destroy the resource', async () => {
    const { factory, pool } = makePool();
    await expect(pool.use(() => Promise.reject(new Error('duplicate key')))).rejects.toThrow('duplicate key');
    expect(factory.live.length).toBe(1);
    expect(pool.stats().idle).toBe(1);
  });

  test('creates that time out leave no zombie', async () => {
    const { env, factory, pool } = makePool({ max: 4, createTimeoutMs: 100 }, (made) => {
      made.otherwise = 300;
    });
    const waiters = Array.from({ length: 4 }, () => watch(pool.acquire({ timeoutMs: 1_000 })));
    await env.advance(5_000);
    expect(waiters.every((waiter) => waiter.state === 'rejected')).toBe(true);
    await pool.close();
    await env.advance(5_000);
    expect(factory.made.length).toBeGreaterThan(4);
    expect(factory.made.every((thing) => thing.destroyed === 1)).toBe(true);
  });

  test('min is filled at start and refilled after a loss', async () => {
    const { env, pool } = makePool({ min: 3 });
    await pool.start();
    expect(pool.stats().idle).toBe(3);
    for (let i = 0; i < 3; i++) pool.tryAcquire()!.discard('lost');
    await env.settle();
    expect(pool.stats()).toMatchObject({ idle: 3, created: 6 });
  });

  test('min is refilled when the refill itself fails at first', async () => {
    const { env, factory, pool } = makePool({ min: 2 });
    await pool.start();
    factory.otherwise = 'fail';
    pool.tryAcquire()!.discard();
    await env.advance(30_000);
    expect(pool.stats().total).toBe(1);
    factory.otherwise = 'ok';
    await env.advance(5_000);
    expect(pool.stats().idle).toBe(2);
  });

  test('a validator that throws does not leave its resource stuck', async () => {
    const { env, factory, pool } = makePool({ max: 1, validateAfterIdleMs: 100 }, (made) => {
      made.validate = () => {
        throw new Error('in the validator');
      };
    });
    await pool.warm(1);
    await env.advance(1_000);
    const waiter = watch(pool.acquire());
    await env.settle();
    expect(got(waiter).resource.id).toBe(2);
    expect(factory.made[0]!.destroyed).toBe(1);
  });

  test('lifetimes do not all end together', async () => {
    const { env, pool } = makePool({ min: 20, max: 20, maxLifetimeMs: 100_000 });
    await pool.start();
    await env.advance(92_000);
    const gone = pool.stats().destroyed['lifetime'] ?? 0;
    expect(gone).toBeGreaterThan(0);
    expect(gone).toBeLessThan(20);
  });

  test('"the pool is full" names the holder', async () => {
    const { env, pool } = makePool({ max: 1, acquireTimeoutMs: 100 });
    await pool.acquire({ label: 'CronJob.cleanup' });
    const waiter = watch(pool.acquire());
    await env.advance(100);
    expect((waiter.error as Error).message).toContain('CronJob.cleanup');
  });

  test('thousands of returns in a row do not recurse', async () => {
    const { env, pool } = makePool({ max: 1, maxWaiters: 20_000 });
    const results = Array.from({ length: 20_000 }, () => watch(pool.use((thing) => thing.id)));
    await env.settle();
    expect(results.every((result) => result.value === 1)).toBe(true);
    expect(pool.stats()).toMatchObject({ created: 1, leased: 0, waiting: 0 });
  });
});
