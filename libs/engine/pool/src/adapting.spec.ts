import { describe, expect, test } from '@jest/globals';
import { OptionsError } from '@nest-pooling/core';
import { makePool, sleep, watch } from './pool.fixture.js';

const adaptive = { floor: 2, ceiling: 20 };
const adapting = (options = {}) =>
  makePool({ min: 0, max: 20, maxLifetimeMs: Infinity, adaptive, acquireTimeoutMs: 60_000, ...options });

/** So many callers who always want a resource, for so long. */
async function load({ env, pool }: ReturnType<typeof makePool>, callers: number, ms: number): Promise<void> {
  const until = env.scheduler.now() + ms;
  const caller = async (): Promise<void> => {
    while (env.scheduler.now() < until) await pool.use(() => sleep(env, 100));
  };
  for (let n = 0; n < callers; n++) watch(caller());
  await env.advance(ms);
}

describe('an adaptive pool', () => {
  test('begins at the floor, grows under load within seconds, and shrinks after minutes', async () => {
    const made = adapting();
    const { env, pool } = made;
    expect(pool.stats().max).toBe(2);
    await load(made, 12, 30_000);
    const grown = pool.stats().max;
    expect(grown).toBeGreaterThanOrEqual(12);
    expect(pool.stats().total).toBeGreaterThanOrEqual(12);
    await env.advance(60_000);
    expect(pool.stats().max).toBe(grown);
    await env.advance(1_000_000);
    expect(pool.stats().max).toBe(2);
    expect(pool.stats().total).toBeLessThanOrEqual(2);
  });

  test('never leaves floor and ceiling', async () => {
    const made = adapting({ adaptive: { floor: 3, ceiling: 7 } });
    const seen: number[] = [];
    for (let n = 0; n < 10; n++) {
      if (n % 2 === 0) await load(made, 50, 60_000);
      else await made.env.advance(1_500_000);
      seen.push(made.pool.stats().max);
      expect(made.pool.stats().total).toBeLessThanOrEqual(7);
    }
    expect([Math.min(...seen), Math.max(...seen)]).toEqual([3, 7]);
  });

  test('decides about max alone; min may be changed and is a floor from then on', async () => {
    const made = adapting();
    const { env, pool } = made;
    expect(() => pool.resize({ max: 5 })).toThrow(/max: is decided by adaptive; give that a floor/);
    await load(made, 12, 30_000);
    pool.resize({ min: 8 });
    await env.advance(2_000_000);
    expect(pool.stats()).toMatchObject({ min: 8, max: 8, idle: 8 });
  });

  test('leaves no timer when it is closed', async () => {
    const made = adapting();
    await load(made, 5, 5_000);
    const closed = watch(made.pool.close());
    await made.env.advance(1_000);
    expect([closed.state, made.env.pendingTimers]).toEqual(['fulfilled', 0]);
  });

  test('every wrong option is listed, together with what else is wrong', () => {
    const wrong = { min: 3, maxUses: 0, adaptive: { floor: 2, ceiling: 0, growAbov: 1, growAbove: 2 } };
    let problems: readonly string[] = [];
    try {
      expect(adapting(wrong)).toBe('refused');
    } catch (error) {
      if (!(error instanceof OptionsError)) throw error;
      ({ problems } = error);
    }
    expect(problems).toEqual([
      'maxUses: must be a whole number from 1 to 1000000000 (got 0)',
      'adaptive.growAbov: is unknown; did you mean growAbove?',
      'adaptive.ceiling: must be a whole number from 1 to 1000000 (got 0)',
      'adaptive.floor: must not be more than ceiling (0) (got 2)',
      'adaptive.growAbove: must be a number from 0 to 0.99 (got 2)',
      'adaptive.floor: must not be less than min (3) (got 2)',
    ]);
  });

  test.each([5, null, 'yes'])('%p is no adaptive', (value) => {
    expect(() => adapting({ adaptive: value })).toThrow(/adaptive: must be an object/);
  });
});
