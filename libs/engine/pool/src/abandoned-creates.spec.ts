import { describe, expect, test } from '@jest/globals';
import { PoolCreateTimeoutError } from './index.js';
import { makePool, sleep, watch, type Thing } from './pool.fixture.js';

const times = { createTimeoutMs: 100, destroyTimeoutMs: 1_000, createBackoff: { initialMs: 10, maxMs: 10 } };

/** A budget that remembers how many permits were out at the most. */
function permits() {
  const budget = {
    taken: 0,
    most: 0,
    tryTake: () => (budget.most = Math.max(budget.most, ++budget.taken)) > 0,
    give: () => void budget.taken--,
    wanted: () => {},
    onFree: () => () => {},
  };
  return budget;
}

describe('a create that took too long', () => {
  test('keeps its place and its permit until the factory lets go', async () => {
    const budget = permits();
    const { env, factory, pool } = makePool({ ...times, max: 1, budget }, (made) => {
      made.acts = [400];
    });
    const errors: unknown[] = [];
    pool.on('createFailed', ({ error }) => errors.push(error));
    const waiter = watch(pool.acquire());
    await env.advance(390);
    expect(errors).toEqual([expect.any(PoolCreateTimeoutError)]);
    expect(factory.calls).toBe(1);
    expect(pool.stats()).toMatchObject({ total: 1, closing: 1, creating: 0 });
    expect(budget.taken).toBe(1);
    await env.advance(20);
    // The late result is destroyed, and only then somebody else is created.
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'created too late' });
    expect(waiter.value?.resource.id).toBe(2);
    expect([factory.calls, budget.taken, budget.most]).toEqual([2, 1, 1]);
  });

  test('keeps them no longer than destroyTimeoutMs', async () => {
    const budget = permits();
    const { env, factory, pool } = makePool({ ...times, max: 1, budget }, (made) => {
      made.acts = ['hang'];
    });
    const waiter = watch(pool.acquire());
    await env.advance(1_099);
    expect([factory.calls, budget.taken]).toEqual([1, 1]);
    await env.advance(1);
    expect([factory.calls, budget.taken, waiter.state]).toEqual([2, 1, 'fulfilled']);
  });

  test('gives them back at once when the factory obeys its signal', async () => {
    const { env, factory, pool } = makePool({ ...times, max: 1 });
    const { create } = factory;
    let calls = 0;
    factory.create = (signal) =>
      ++calls > 1
        ? create.call(factory, signal)
        : new Promise<Thing>((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error));
          });
    const waiter = watch(pool.acquire());
    await env.advance(111);
    expect([calls, waiter.state]).toEqual([2, 'fulfilled']);
  });

  test('never are more than max open, however late they come', async () => {
    let open = 0;
    let most = 0;
    const { env, factory, pool } = makePool({ ...times, max: 3, failFastAfterMs: Infinity });
    const { create, destroy } = factory;
    let n = 0;
    factory.create = async (signal) => {
      most = Math.max(most, ++open);
      await sleep(env, [500, 30, 950, 90, 120][n++ % 5]!);
      return create.call(factory, signal);
    };
    factory.destroy = async (thing, reason) => {
      await destroy.call(factory, thing, reason);
      open--;
    };
    for (let i = 0; i < 200; i++) {
      watch(pool.use(() => sleep(env, 35)));
      if (i % 20 === 0) pool.evict('churn');
      await env.advance(40);
    }
    expect(n).toBeGreaterThan(10);
    expect(most).toBe(3);
  });

  test('is not waited for when the pool closes, and its late result is destroyed', async () => {
    const budget = permits();
    const { env, factory, pool } = makePool({ ...times, max: 2, budget }, (made) => {
      made.acts = [400, 'hang'];
    });
    watch(pool.acquire());
    watch(pool.acquire());
    await env.advance(150);
    expect(pool.stats().closing).toBe(2);
    const closed = watch(pool.close());
    await env.advance(0);
    expect([closed.state, budget.taken]).toEqual(['fulfilled', 0]);
    expect(env.pendingTimers).toBe(1);
    await env.advance(300);
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'created too late' });
    expect(env.pendingTimers).toBe(0);
  });
});
