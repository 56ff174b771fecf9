import { describe, expect, test } from '@jest/globals';
import type { PoolOptions } from './index.js';
import { got, makePool, watch, type Outcome, type Thing } from './pool.fixture.js';

test('a frozen process finds its resources stale when it thaws, and validates them before it lends them', async () => {
  const ids: number[] = [];
  const { env, pool } = makePool({ validateAfterIdleMs: 30_000, max: 2 }, (made) => {
    made.validate = (thing) => Promise.resolve(ids.push(thing.id) === 0);
  });
  await pool.warm(1);
  await env.advance(100);
  let outcome: Outcome<{ resource: Thing }> | undefined;
  await env.stall(180_000, () => {
    outcome = watch(pool.acquire());
  });
  await env.settle();
  expect(ids).toEqual([1]);
  expect(got(outcome!).resource.id).toBe(2);
});

test('a thaw after a very long time closes what is above min and replaces what is too old', async () => {
  const { env, factory, pool } = makePool({ min: 1, max: 3 });
  await pool.warm(3);
  await env.stall(3_600_000);
  expect(factory.made.map((thing) => thing.destroyed)).toEqual([1, 1, 1, 0]);
  expect(pool.stats()).toMatchObject({ idle: 1, total: 1, created: 4 });
});

describe("freezeCheck 'borrow'", () => {
  /** What a process finds that slept, at its first borrowing, before the keeper has looked. */
  async function thawed(sleptMs: number, options: Partial<PoolOptions<Thing>>) {
    const ids: number[] = [];
    const made = makePool({ max: 3, maxLifetimeMs: Infinity, ...options }, (factory) => {
      factory.validate = (thing) => Promise.resolve(ids.push(thing.id) > 0 && thing.id !== 3);
    });
    await made.pool.warm(3);
    await made.env.advance(2_500);
    let outcome: Outcome<{ resource: Thing }> | undefined;
    // The first that runs when the process thaws: before the keeper's own timer.
    made.env.scheduler.after(1, () => {
      outcome = watch(made.pool.use((resource) => ({ resource })));
    });
    await made.env.stall(sleptMs);
    return { ...made, ids, resource: got(outcome!).resource };
  }

  test('validates before it lends, at the first borrowing', async () => {
    const { ids, resource } = await thawed(180_000, { freezeCheck: 'borrow', keepaliveIntervalMs: Infinity });
    expect(ids).toEqual([3, 2]);
    expect(resource.id).toBe(2);
  });

  test('which the tick would come too late for', async () => {
    const { ids, resource } = await thawed(180_000, { keepaliveIntervalMs: Infinity });
    expect(resource.id).toBe(3);
    expect(ids).toEqual([]);
  });

  test('creates when everything was idle for too long meanwhile', async () => {
    const { factory, resource } = await thawed(3_600_000, { preset: 'serverless', max: 3 });
    expect(resource.id).toBe(4);
    expect(factory.made.slice(0, 3).map(({ reason }) => reason)).toEqual(['idle', 'idle', 'idle']);
  });

  test('so it is for tryAcquire, for waiters, and where resources have several seats', async () => {
    for (const options of [{}, { leasesPerResource: 2 }]) {
      const { env, pool } = makePool({ preset: 'serverless', maxLifetimeMs: Infinity, ...options });
      await pool.warm(2);
      const seen: unknown[] = [];
      const outcomes: Outcome<unknown>[] = [];
      await env.advance(2_500);
      env.scheduler.after(1, () => {
        seen.push(pool.tryAcquire());
        for (let n = 0; n < 2; n++) outcomes.push(watch(pool.acquire({ label: 'waits' })));
      });
      await env.stall(3_600_000);
      expect(seen).toEqual([undefined]);
      expect(outcomes.map(({ state }) => state)).toEqual(['fulfilled', 'fulfilled']);
      expect(pool.stats()).toMatchObject({ leased: 2, waiting: 0, destroyed: { idle: 2 } });
    }
  });
});
