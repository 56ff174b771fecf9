import { describe, expect, test } from '@jest/globals';
import { LeaseEndedError } from './index.js';
import { got, makePool, recorder, watch } from './pool.fixture.js';

describe('Lease', () => {
  test('case 13: a second release corrupts nothing, even when the resource is lent to another meanwhile', async () => {
    const { env, pool } = makePool({ max: 1 });
    const first = await pool.acquire();
    first.release();
    first.release();
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 1, misuses: 1 });
    const second = await pool.acquire();
    const waiter = watch(pool.acquire());
    first.release();
    first.discard();
    await env.settle();
    expect(second.active).toBe(true);
    expect(waiter.state).toBe('pending');
    expect(pool.stats()).toMatchObject({ leased: 1, idle: 0, misuses: 3, destroyed: {} });
  });

  test('a use after the end throws, and is told to the sink', async () => {
    const { pool } = makePool();
    const { sink, events } = recorder();
    pool.subscribe(sink);
    const lease = await pool.acquire();
    expect(lease.resource.id).toBe(1);
    lease.release();
    expect(lease.active).toBe(false);
    expect(() => lease.resource).toThrow(LeaseEndedError);
    const message =
      'orders: a lease of resource 1 was used after its end. ' +
      'Release each lease once, and do not keep its resource beyond that.';
    expect(() => lease.resource).toThrow(message);
    expect(events.filter(([name]) => name === 'misused')).toEqual([
      ['misused', message],
      ['misused', message],
    ]);
    expect(pool.stats().misuses).toBe(2);
  });

  test('a misused end does not throw', async () => {
    const { pool } = makePool();
    const { sink, events } = recorder();
    pool.subscribe(sink);
    const lease = await pool.acquire();
    lease.release();
    expect(() => {
      lease.release();
      lease.discard();
    }).not.toThrow();
    expect(
      events.filter(([name]) => name === 'misused').map(([, what]) => String(what).split('. ')[0]),
    ).toEqual([
      'orders: a lease of resource 1 was released after its end',
      'orders: a lease of resource 1 was discarded after its end',
    ]);
  });

  test.each([
    [undefined, 'discarded'],
    ['protocol error', 'protocol error'],
    [new RangeError('x'), 'RangeError'],
    [42, 'discarded'],
  ])('discard(%p) destroys, for the reason %p', async (cause, reason) => {
    const { env, factory, pool } = makePool();
    const lease = await pool.acquire();
    lease.discard(cause);
    expect(lease.active).toBe(false);
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 0, closing: 1 });
    await env.settle();
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason });
    expect(pool.stats().destroyed).toEqual({ [reason]: 1 });
  });

  test('using and await using release at the end of the block, unless it ended before', async () => {
    const { pool } = makePool();
    await pool.warm(1);
    {
      using lease = pool.tryAcquire()!;
      expect(lease.active).toBe(true);
      expect(pool.leased).toBe(1);
    }
    expect(pool.leased).toBe(0);
    {
      await using lease = await pool.acquire();
      expect(lease.active).toBe(true);
      expect(pool.leased).toBe(1);
    }
    expect(pool.leased).toBe(0);
    {
      await using lease = await pool.acquire();
      lease.discard();
    }
    {
      using lease = (await pool.acquire()) as { release(): void } & Disposable;
      lease.release();
    }
    expect(pool.stats()).toMatchObject({ leased: 0, misuses: 0 });
  });

  test('each borrowing has a lease of its own', async () => {
    const { env, pool } = makePool({ max: 1 });
    const first = await pool.acquire();
    const waiter = watch(pool.acquire());
    first.release();
    await env.settle();
    const second = got(waiter);
    expect(second).not.toBe(first);
    expect(second.resource.id).toBe(1);
    expect([first.active, second.active]).toEqual([false, true]);
  });
});
