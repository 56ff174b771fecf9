import { describe, expect, test } from '@jest/globals';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { LeaseEndedError, Pool, PoolClosedError } from './index.js';
import { FakeFactory, makePool, recorder, watch } from './pool.fixture.js';

describe('close', () => {
  test('case 10: who waits gets a typed error at once; what is lent is not destroyed in use', async () => {
    const { env, factory, pool } = makePool({ max: 1 });
    const lease = await pool.acquire();
    const waiter = watch(pool.acquire());
    const closed = watch(pool.close());
    await env.settle();
    expect(waiter.error).toBeInstanceOf(PoolClosedError);
    expect(waiter.error).toMatchObject({ code: 'POOL_CLOSED', category: 'unavailable' });
    expect(factory.made[0]!.destroyed).toBe(0);
    expect(lease.active).toBe(true);
    expect(closed.state).toBe('pending');
    lease.release();
    await env.settle();
    expect(closed.state).toBe('fulfilled');
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'pool closed' });
  });

  test('case 15: ends in closed, by way of draining', async () => {
    const { pool } = makePool({ min: 2 });
    const { sink, events } = recorder();
    pool.subscribe(sink);
    await pool.start();
    const closed = pool.close();
    expect(pool.status).toBe('draining');
    await closed;
    expect(pool.status).toBe('closed');
    expect(events.filter(([name]) => name === 'state')).toEqual([
      ['state', 'starting', 'active'],
      ['state', 'active', 'draining'],
      ['state', 'draining', 'closed'],
    ]);
    expect(pool.stats()).toMatchObject({
      total: 0,
      idle: 0,
      healthy: false,
      destroyed: { 'pool closed': 2 },
    });
  });

  test('case 23: after it nothing is lent', async () => {
    const { factory, pool } = makePool({ min: 2 });
    await pool.start();
    await pool.close();
    expect(pool.tryAcquire()).toBeUndefined();
    await expect(pool.acquire()).rejects.toThrow(PoolClosedError);
    await expect(pool.use(() => {})).rejects.toThrow(
      'orders: the pool is closed and lends nothing any more.',
    );
    await expect(pool.warm(1)).rejects.toThrow(PoolClosedError);
    await expect(pool.start()).rejects.toThrow(PoolClosedError);
    pool.resume();
    pool.suspend();
    pool.resize({ max: 5 });
    pool.retryNow();
    pool.evict('late');
    expect(factory.calls).toBe(2);
    expect(pool.status).toBe('closed');
  });

  test('leases that do not come back are ended after closeTimeoutMs', async () => {
    const { env, factory, pool } = makePool({ closeTimeoutMs: 1_000 });
    const lease = await pool.acquire();
    const closed = watch(pool.close());
    await env.advance(999);
    expect(lease.active).toBe(true);
    expect(closed.state).toBe('pending');
    await env.advance(1);
    expect(closed.state).toBe('fulfilled');
    expect(lease.active).toBe(false);
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'held beyond the deadline of closing' });
    expect(pool.stats()).toMatchObject({ leased: 0, total: 0 });
  });

  test('a release after that is told as misuse, and changes nothing', async () => {
    const { env, factory, pool } = makePool({ closeTimeoutMs: 1_000 });
    const leases = await Promise.all([pool.acquire(), pool.acquire()]);
    const closed = watch(pool.close());
    await env.advance(1_000);
    expect(closed.state).toBe('fulfilled');
    expect(() => leases[0].resource).toThrow(LeaseEndedError);
    expect(() => leases[0].resource).toThrow(/The pool had taken the resource back meanwhile/);
    leases[0].release();
    leases[0].discard();
    leases[1][Symbol.dispose]();
    expect(factory.made.map((thing) => thing.destroyed)).toEqual([1, 1]);
    expect(pool.stats()).toMatchObject({ leased: 0, total: 0, misuses: 4 });
  });

  test('case 31: one failing or hanging destroy leaves no other open', async () => {
    const { env, factory, pool } = makePool({ min: 4, destroyTimeoutMs: 300 });
    await pool.start();
    const destroy = factory.destroy.bind(factory);
    factory.destroy = (thing, reason) => {
      void destroy(thing, reason);
      if (thing.id === 1) throw new Error('at once');
      if (thing.id === 2) return Promise.reject(new Error('later'));
      if (thing.id === 3) return new Promise(() => {});
      return Promise.resolve();
    };
    const closed = watch(pool.close());
    await env.advance(299);
    expect(closed.state).toBe('pending');
    await env.advance(1);
    expect(closed.state).toBe('fulfilled');
    expect(factory.made.map((thing) => thing.destroyed)).toEqual([1, 1, 1, 1]);
    expect(env.pendingTimers).toBe(0);
  });

  test('may be called twice, and before anything began', async () => {
    const { env, pool } = makePool();
    const first = pool.close();
    expect(pool.close()).toBe(first);
    await first;
    await pool.close();
    await pool.drain();
    expect(pool.status).toBe('closed');
    expect(env.pendingTimers).toBe(0);
  });

  test('leaves no timer, no waiter and no listener, in whatever state it finds the pool', async () => {
    const { env, factory, pool } = makePool({ min: 3, max: 3, validateAfterIdleMs: 100 });
    await pool.start();
    const lease = pool.tryAcquire()!;
    pool.tryAcquire()!.discard();
    factory.otherwise = 'fail';
    watch(pool.acquire({ timeoutMs: 50_000 }));
    watch(pool.acquire({ timeoutMs: 60_000 }));
    pool.suspend();
    await env.advance(3_000);
    const closed = watch(pool.close());
    lease.release();
    await env.advance(20_000);
    expect(closed.state).toBe('fulfilled');
    expect(env.pendingTimers).toBe(0);
    expect(pool.stats()).toMatchObject({ total: 0, waiting: 0 });
  });

  test('ends those who warm', async () => {
    const { env, pool } = makePool({}, (made) => {
      made.otherwise = 'hang';
    });
    const warmed = watch(pool.warm(3));
    await env.settle();
    await pool.close();
    expect(warmed.error).toBeInstanceOf(PoolClosedError);
  });

  test('await using closes', async () => {
    const env = new VirtualEnv();
    const factory = new FakeFactory(env);
    let pool: Pool<unknown>;
    {
      await using opened = new Pool({ name: 'orders', factory, min: 1 }, env);
      await opened.start();
      pool = opened;
    }
    expect(pool.status).toBe('closed');
    expect(factory.live).toEqual([]);
  });
});
