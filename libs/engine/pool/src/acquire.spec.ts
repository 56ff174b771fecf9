import { describe, expect, test } from '@jest/globals';
import { PoolCancelledError, type Lease } from './index.js';
import { got, makePool, watch, type Thing } from './pool.fixture.js';

describe('acquire', () => {
  test('case 12: a cold pool creates, up to max, and not beyond', async () => {
    const { env, factory, pool } = makePool({ max: 3 });
    const outcomes = Array.from({ length: 5 }, () => watch(pool.acquire()));
    await env.settle();
    expect(outcomes.map((outcome) => outcome.state)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'pending',
      'pending',
    ]);
    expect(factory.calls).toBe(3);
    got(outcomes[1]!).release();
    await env.settle();
    expect(got(outcomes[3]!).resource).toBe(factory.made[1]);
    expect(factory.calls).toBe(3);
  });

  test('case 18: an empty pool below max creates at once, not when the wait is over', async () => {
    const { env, factory, pool } = makePool({ max: 2 });
    const lease = await pool.acquire();
    lease.discard();
    await env.settle();
    expect(pool.stats().total).toBe(0);
    const next = watch(pool.acquire());
    await env.settle();
    expect(got(next).resource).toBe(factory.made[1]);
    expect(env.scheduler.now()).toBe(0);
  });

  test('case 1: a returned resource goes to the waiter or to the idle ones, never to both', async () => {
    const { env, pool } = makePool({ max: 1 });
    const first = await pool.acquire();
    const waiter = watch(pool.acquire());
    const another = watch(pool.acquire());
    first.release();
    expect(pool.stats()).toMatchObject({ idle: 0, leased: 1, waiting: 1 });
    expect(pool.tryAcquire()).toBeUndefined();
    await env.settle();
    expect(got(waiter).active).toBe(true);
    expect(another.state).toBe('pending');
  });

  test('case 11: a release between finding the pool full and queueing wakes the waiter', async () => {
    const { env, pool } = makePool({ max: 1 });
    const lease = await pool.acquire();
    // Everything in one turn: nothing lies between the look and the queue.
    const waiter = watch(pool.acquire());
    lease.release();
    await env.settle();
    expect(waiter.state).toBe('fulfilled');
  });

  test('case 11: a create that hangs stops nobody else, neither lending nor returning', async () => {
    const { env, factory, pool } = makePool({ max: 3 });
    const lease = await pool.acquire();
    factory.acts = ['hang'];
    const stuck = watch(pool.acquire());
    await env.settle();
    const other = watch(pool.acquire());
    await env.settle();
    expect(stuck.state).toBe('fulfilled');
    lease.release();
    await env.settle();
    expect(other.state).toBe('fulfilled');
  });

  test('the most recently returned resource is lent first', async () => {
    const { pool } = makePool({ max: 3 });
    const [a, b, c] = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
    const resource = b.resource;
    a.release();
    c.release();
    b.release();
    expect(pool.tryAcquire()?.resource).toBe(resource);
  });

  test('an aborted signal refuses at once, even beside an idle resource', async () => {
    const { env, pool } = makePool();
    (await pool.acquire()).release();
    const reason = new Error('the client went away');
    const outcome = watch(pool.acquire({ signal: AbortSignal.abort(reason) }));
    await env.settle();
    expect(outcome.error).toBeInstanceOf(PoolCancelledError);
    expect((outcome.error as Error).cause).toBe(reason);
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0 });
  });

  test('many acquires with options take idle resources without waiting', async () => {
    const { env, pool } = makePool({ max: 1 });
    (await pool.acquire()).release();
    const { signal } = new AbortController();
    const lease = await pool.acquire({ timeoutMs: 5, signal, label: 'me' });
    expect(pool.stats()).toMatchObject({ leased: 1, waiting: 0 });
    await env.advance(10);
    expect(lease.active).toBe(true);
  });
});

describe('tryAcquire', () => {
  test('lends what is idle, synchronously, and never waits', async () => {
    const { env, factory, pool } = makePool({ max: 2 });
    expect(pool.tryAcquire()).toBeUndefined();
    expect(pool.status).toBe('active');
    await env.settle();
    expect(factory.calls).toBe(0);
    (await pool.acquire()).release();
    const lease = pool.tryAcquire({ label: 'me' })!;
    expect(lease.resource).toBe(factory.made[0]);
    expect(pool.tryAcquire()).toBeUndefined();
    expect(pool.stats()).toMatchObject({ leased: 1, waiting: 0 });
  });

  test('starts the pool, so that min is there for the next', async () => {
    const { env, pool } = makePool({ min: 1 });
    expect(pool.tryAcquire()).toBeUndefined();
    await env.settle();
    expect(pool.tryAcquire()).toBeDefined();
  });
});

test('load is what is lent and who waits', async () => {
  const { env, pool } = makePool({ max: 2 });
  expect([pool.load, pool.leased]).toEqual([0, 0]);
  const leases: Lease<Thing>[] = [await pool.acquire(), await pool.acquire()];
  const waiter = watch(pool.acquire());
  expect([pool.load, pool.leased]).toEqual([3, 2]);
  for (const lease of leases) lease.release();
  await env.settle();
  got(waiter).release();
  expect([pool.load, pool.leased]).toEqual([0, 0]);
  expect(pool.name).toBe('orders');
});
