import { describe, expect, test } from '@jest/globals';
import { PoolShedError, type PoolOptions } from './index.js';
import { makePool, sleep, watch, type Outcome, type Thing } from './pool.fixture.js';

const shedding = { targetMs: 50, intervalMs: 500 };

/** Twice as many callers as can be served (10 resources, 50 ms each, one caller per 2.5 ms), for so long. */
async function overload(ms: number, options: Partial<PoolOptions<Thing>>) {
  const made = makePool({ max: 10, createConcurrency: 10, acquireTimeoutMs: 3_000, ...options });
  const { env, pool } = made;
  await pool.warm(10);
  const waits: number[] = [];
  const outcomes: Outcome<void>[] = [];
  for (let n = 0; n < ms / 2.5; n++) {
    const began = env.scheduler.now();
    const work = async (): Promise<void> => {
      waits.push(env.scheduler.now() - began);
      await sleep(env, 50);
    };
    outcomes.push(watch(pool.use(work)));
    await env.advance(2.5);
  }
  await env.advance(10_000);
  const sorted = waits.toSorted((a, b) => a - b);
  return { ...made, outcomes, p99: sorted[Math.floor(sorted.length * 0.99)]!, served: waits.length };
}

describe('shedding', () => {
  test('at twice the load those who are served wait a fifth of what they do first come first served', async () => {
    const fifo = await overload(10_000, {});
    const codel = await overload(10_000, { shedding });
    expect(fifo.p99).toBeGreaterThan(2_900);
    // The beginning of the overload is in it: one interval until it is known.
    expect(codel.p99).toBeLessThan(fifo.p99 / 5);
    // And no less is done: 10 resources are never idle.
    expect(codel.served).toBeGreaterThanOrEqual(2_000);
    expect(codel.pool.stats()).toMatchObject({ waiting: 0, leased: 0, idle: 10 });
  });

  test('who is dropped gets a typed error, and is counted', async () => {
    const made = await overload(2_000, { shedding });
    const dropped = made.outcomes.filter(({ state }) => state === 'rejected');
    expect(dropped.length).toBeGreaterThan(100);
    for (const { error } of dropped) expect(error).toBeInstanceOf(PoolShedError);
    expect(dropped[0]!.error).toMatchObject({ code: 'POOL_SHED', category: 'unavailable', pool: 'orders' });
    expect((dropped[0]!.error as Error).message).toMatch(
      /^orders: overloaded: dropped after \d+ ms, because .*targetMs \(50 ms; max=10, /,
    );
    expect(made.pool.stats()).toMatchObject({ shed: dropped.length, timeouts: 0 });
  });

  test('nobody is dropped without overload, nor from a burst that is worked off', async () => {
    const { env, pool } = makePool({ max: 10, createConcurrency: 10, shedding });
    await pool.warm(10);
    const outcomes = Array.from({ length: 60 }, () => watch(pool.use(() => sleep(env, 50))));
    await env.advance(5_000);
    expect(outcomes.every(({ state }) => state === 'fulfilled')).toBe(true);
    expect(pool.stats().shed).toBe(0);
  });

  /** One resource, a queue that only delays: the next judgement finds an overload. */
  async function overloaded(options: Partial<PoolOptions<Thing>> = {}) {
    const made = makePool({ max: 1, acquireTimeoutMs: 60_000, shedding, ...options });
    const { env, pool } = made;
    let lease = await pool.acquire();
    const waiters = Array.from({ length: 6 }, () => pool.acquire());
    const outcomes = waiters.map((waiter) => watch(waiter));
    for (const waiter of waiters.slice(0, 3)) {
      await env.advance(300);
      lease.release();
      lease = await waiter;
    }
    await env.advance(300);
    return { ...made, lease, outcomes };
  }

  test('a queue that is dropped as a whole leaves the resource idle, not lost', async () => {
    const { env, pool, lease, outcomes } = await overloaded();
    const told: unknown[] = [];
    pool.on('shed', (event) => told.push(event));
    lease.release();
    await env.settle();
    expect(outcomes.slice(3).map(({ state }) => state)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(told).toEqual([{ count: 3, waitedMs: 1_200 }]);
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0, waiting: 0, shed: 3 });
    expect(pool.tryAcquire()).toBeDefined();
  });

  test('so it is when all are dropped as the pool resumes', async () => {
    const { env, pool, lease, outcomes } = await overloaded();
    pool.suspend();
    lease.release();
    pool.resume();
    await env.settle();
    expect(outcomes.slice(3).every(({ state }) => state === 'rejected')).toBe(true);
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0, waiting: 0 });
    expect(pool.tryAcquire()).toBeDefined();
  });

  test('and where resources have several seats', async () => {
    const { env, pool } = makePool({ max: 1, leasesPerResource: 2, acquireTimeoutMs: 60_000, shedding });
    let leases = await Promise.all([pool.acquire(), pool.acquire()]);
    const waiters = Array.from({ length: 8 }, () => pool.acquire());
    const outcomes = waiters.map((waiter) => watch(waiter));
    for (let n = 0; n < 6; n += 2) {
      await env.advance(300);
      for (const lease of leases) lease.release();
      leases = (await Promise.all(waiters.slice(n, n + 2))) as typeof leases;
    }
    await env.advance(300);
    pool.suspend();
    for (const lease of leases) lease.release();
    pool.resume();
    await env.settle();
    expect(outcomes.slice(6).every(({ state }) => state === 'rejected')).toBe(true);
    expect([pool.tryAcquire(), pool.tryAcquire()].every(Boolean)).toBe(true);
    expect(pool.tryAcquire()).toBeUndefined();
  });

  test('a listener that ends the waits of the others takes no resource with it', async () => {
    const { env, pool, lease } = await overloaded();
    watch(pool.acquire());
    pool.on('shed', () => pool.abandonWaiters('enough'));
    lease.release();
    await env.settle();
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0, waiting: 0, shed: 3 });
  });

  test('who waits when the pool drains is served', async () => {
    const { env, pool, lease, outcomes } = await overloaded();
    const drained = watch(pool.drain());
    lease.release();
    await env.settle();
    expect(outcomes[3]!.state).toBe('fulfilled');
    expect(pool.stats().shed).toBe(0);
    await env.advance(10_000);
    expect(drained.state).toBe('fulfilled');
  });
});
