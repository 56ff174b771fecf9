import { describe, expect, test } from '@jest/globals';
import { PoolAbandonedError, PoolCancelledError, PoolQueueFullError } from './index.js';
import { got, queue, states, watch } from './pool.fixture.js';

/** Counts the abort listeners that are on a signal. */
function counted(): { controller: AbortController; signal: AbortSignal; listeners: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  const attached = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (type: string, listener: never, options?: never) => {
    attached.add(listener);
    add(type, listener, options);
  };
  signal.removeEventListener = (type: string, listener: never, options?: never) => {
    attached.delete(listener);
    remove(type, listener, options);
  };
  return { controller, signal, listeners: () => attached.size };
}

describe('the queue', () => {
  test('first come, first served', async () => {
    const { env, lease, outcomes } = await queue([{}, { timeoutMs: 5_000 }, {}]);
    lease.release();
    await env.settle();
    expect(states(outcomes)).toEqual(['fulfilled', 'pending', 'pending']);
    got(outcomes[0]!).release();
    await env.settle();
    expect(states(outcomes)).toEqual(['fulfilled', 'fulfilled', 'pending']);
  });

  test('nobody who comes later overtakes', async () => {
    const { env, lease, outcomes, pool } = await queue([{}]);
    lease.release();
    expect(pool.tryAcquire()).toBeUndefined();
    const later = watch(pool.acquire());
    await env.settle();
    expect(states([...outcomes, later])).toEqual(['fulfilled', 'pending']);
  });

  test('case 2: a cancelled waiter swallows no wake-up', async () => {
    const { controller, signal } = counted();
    const { env, lease, outcomes, pool } = await queue([{ signal }, {}]);
    controller.abort();
    lease.release();
    await env.settle();
    expect(states(outcomes)).toEqual(['rejected', 'fulfilled']);
    expect(pool.stats()).toMatchObject({ leased: 1, idle: 0, waiting: 0, cancelled: 1 });
  });

  test('case 2: a timed-out waiter swallows no wake-up either', async () => {
    const { env, lease, outcomes } = await queue([{ timeoutMs: 10 }, {}]);
    await env.advance(10);
    lease.release();
    await env.settle();
    expect(states(outcomes)).toEqual(['rejected', 'fulfilled']);
  });

  test('a waiter may leave from any place in the queue', async () => {
    const cancels = Array.from({ length: 5 }, counted);
    const { env, lease, outcomes, pool } = await queue(cancels.map(({ signal }) => ({ signal })));
    for (const place of [2, 0, 4]) cancels[place]!.controller.abort();
    expect(pool.stats().waiting).toBe(2);
    lease.release();
    await env.settle();
    got(outcomes[1]!).release();
    await env.settle();
    expect(states(outcomes)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled', 'rejected']);
  });

  test('an abort at the moment of the hand-off does not take the lease away', async () => {
    const { controller, signal, listeners } = counted();
    const { env, lease, outcomes, pool } = await queue([{ signal }]);
    lease.release();
    controller.abort();
    await env.settle();
    expect(got(outcomes[0]!).active).toBe(true);
    expect(pool.stats()).toMatchObject({ leased: 1, cancelled: 0 });
    expect(listeners()).toBe(0);
  });

  test('an abort just before the hand-off leaves the resource for others', async () => {
    const { controller, signal } = counted();
    const { env, lease, outcomes, pool } = await queue([{ signal }]);
    controller.abort(new Error('client gone'));
    lease.release();
    await env.settle();
    expect(outcomes[0]!.error).toBeInstanceOf(PoolCancelledError);
    expect(outcomes[0]!.error).toMatchObject({ code: 'POOL_CANCELLED', category: 'cancelled' });
    expect((outcomes[0]!.error as Error).cause).toEqual(new Error('client gone'));
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0 });
  });

  test('no listener stays on a signal: served, timed out, cancelled, refused', async () => {
    const signals = Array.from({ length: 4 }, counted);
    const { env, lease, pool, outcomes } = await queue([
      { signal: signals[0]!.signal },
      { signal: signals[1]!.signal, timeoutMs: 10 },
      { signal: signals[2]!.signal },
      { signal: signals[3]!.signal },
    ]);
    expect(signals.map(({ listeners }) => listeners())).toEqual([1, 1, 1, 1]);
    lease.release();
    signals[2]!.controller.abort();
    await env.advance(10);
    const closed = watch(pool.close());
    await env.settle();
    got(outcomes[0]!).release();
    await env.settle();
    expect(closed.state).toBe('fulfilled');
    expect(signals.map(({ listeners }) => listeners())).toEqual([0, 0, 0, 0]);
  });

  test('one more than maxWaiters is refused at once, with the numbers', async () => {
    const { env, outcomes, pool } = await queue([{}, {}, {}], { maxWaiters: 2 });
    await env.settle();
    expect(states(outcomes)).toEqual(['pending', 'pending', 'rejected']);
    expect(outcomes[2]!.error).toBeInstanceOf(PoolQueueFullError);
    expect((outcomes[2]!.error as Error).message).toBe(
      'orders: refused, because maxWaiters (2) callers wait already (max=1, total=1, leased=1, idle=0, waiting=2). Retry later.',
    );
    expect(pool.stats().refused).toBe(1);
  });

  test('abandonWaiters ends all waits with the reason; the pool goes on', async () => {
    const { env, lease, outcomes, pool } = await queue([{}, {}]);
    pool.abandonWaiters('the server is gone');
    await env.settle();
    expect(outcomes.every(({ error }) => error instanceof PoolAbandonedError)).toBe(true);
    expect((outcomes[0]!.error as Error).message).toBe('orders: waiting was ended: the server is gone.');
    lease.release();
    expect(pool.tryAcquire()).toBeDefined();
  });

  test('a large burst is served in order', async () => {
    const { env, lease, outcomes } = await queue(Array.from({ length: 2_000 }, () => ({})));
    let served = 0;
    lease.release();
    for (const outcome of outcomes) {
      await env.settle();
      got(outcome).release();
      served++;
    }
    expect(served).toBe(2_000);
  });
});
