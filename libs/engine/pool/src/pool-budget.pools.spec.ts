import { describe, expect, test } from '@jest/globals';
import type { Budget } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { Pool, PoolBudget, type PoolOptions } from './index.js';
import { FakeFactory, sleep, type Thing } from './pool.fixture.js';

/** So many callers that use the pool again and again, each for 5 ms; counts the uses. */
function busy(env: VirtualEnv, pool: Pool<Thing>, callers: number): { done: number; stop: () => void } {
  const state = { done: 0, stopped: false, stop: () => void (state.stopped = true) };
  const work = async (): Promise<void> => {
    while (!state.stopped) {
      await pool.use(() => sleep(env, 5)).catch(() => {});
      state.done++;
    }
  };
  for (let i = 0; i < callers; i++) void work();
  return state;
}

function three(budgets: (budget: PoolBudget) => Budget[], options: Partial<PoolOptions<Thing>> = {}) {
  const env = new VirtualEnv();
  const budget = new PoolBudget({ limit: 6 });
  const pools = budgets(budget).map(
    (part, i) =>
      new Pool(
        { name: `p${i}`, factory: new FakeFactory(env), min: 0, max: 10, budget: part, ...options },
        env,
      ),
  );
  return { env, budget, pools: pools as [Pool<Thing>, Pool<Thing>, Pool<Thing>] };
}

describe('three pools under one limit of six, one of them greedy', () => {
  test('all make progress when a guarantee is kept for each', async () => {
    const { env, budget, pools } = three((all) => ['a', 'b', 'c'].map((name) => all.share({ name, min: 1 })));
    const greedy = busy(env, pools[0], 50);
    await env.advance(100);
    expect(pools[0].stats().leased).toBe(4);
    const modest = [busy(env, pools[1], 3), busy(env, pools[2], 3)];
    await env.advance(1_000);
    for (const { done } of modest) expect(done).toBeGreaterThanOrEqual(190);
    expect(greedy.done).toBeGreaterThan(300);
    expect(budget.report()).toMatchObject({ held: 6, misuses: 0 });
    await end(env, budget, pools, [greedy, ...modest]);
  });

  test('all make progress without guarantees when resources are replaced now and then', async () => {
    const { env, budget, pools } = three((all) => [all, all, all], { maxUses: 20 });
    const greedy = busy(env, pools[0], 50);
    await env.advance(100);
    expect(pools[0].stats().total).toBe(6);
    const modest = [busy(env, pools[1], 3), busy(env, pools[2], 3)];
    await env.advance(1_000);
    expect(pools.map((pool) => pool.stats().total)).toEqual([2, 2, 2]);
    await env.advance(1_000);
    for (const { done } of modest) expect(done).toBeGreaterThan(300);
    await end(env, budget, pools, [greedy, ...modest]);
  });

  test('never exceed the limit, also with creates that fail and destroys that take long', async () => {
    const { env, budget, pools } = three((all) => [all, all, all.share({ name: 'c', min: 2 })], {
      maxUses: 3,
    });
    const running = pools.map((pool) => busy(env, pool, 8));
    for (let i = 0; i < 200; i++) {
      if (i % 20 === 0) pools[i % 3]!.evict('rotated');
      if (i % 50 === 25) budget.resize(i % 100 === 25 ? 4 : 6);
      await env.advance(7);
      const { held } = budget.report();
      const total = pools.reduce((sum, pool) => sum + pool.stats().total, 0);
      // A create that failed, or a destroy that ended, gave its permit back a moment ago.
      expect(total).toBe(held);
      expect(held).toBeLessThanOrEqual(6);
    }
    for (const { done } of running) expect(done).toBeGreaterThan(50);
    await end(env, budget, pools, running);
  });
});

async function end(
  env: VirtualEnv,
  budget: PoolBudget,
  pools: readonly Pool<Thing>[],
  running: readonly { stop: () => void }[],
): Promise<void> {
  for (const { stop } of running) stop();
  await env.until(Promise.all(pools.map((pool) => pool.close())));
  expect(budget.report()).toMatchObject({ held: 0, waiting: 0, misuses: 0 });
  expect(env.pendingTimers).toBe(0);
}
