import { describe, expect, test } from '@jest/globals';
import type { PoolOptions, ResourceInfo } from './index.js';
import { makePool, sleep, type FakeFactory, type Thing } from './pool.fixture.js';

type Validate = NonNullable<FakeFactory['validate']>;

async function kept(count: number, validate: Validate, options: Partial<PoolOptions<Thing>> = {}) {
  const made = makePool(
    { max: count, idleTimeoutMs: Infinity, maxLifetimeMs: Infinity, keepaliveIntervalMs: 1_000, ...options },
    (factory) => {
      factory.validate = validate;
    },
  );
  await made.pool.warm(count);
  return made;
}

describe('keepalive', () => {
  test('validates what is idle for so long, two at a time', async () => {
    let running = 0;
    let most = 0;
    const ids = new Set<number>();
    const { env, pool } = await kept(5, async (thing) => {
      ids.add(thing.id);
      most = Math.max(most, ++running);
      await sleep(env, 50);
      running--;
      return true;
    });
    await env.advance(900);
    expect(ids.size).toBe(0);
    await env.advance(600);
    expect([most, ids.size]).toEqual([2, 5]);
    expect(pool.stats()).toMatchObject({ idle: 5, failedChecks: 0 });
  });

  test('again after each interval, and not what is used', async () => {
    const ids: number[] = [];
    const { env, pool } = await kept(2, (thing) => Promise.resolve(ids.push(thing.id) > 0));
    for (let ms = 0; ms < 5_000; ms += 100) {
      (await pool.acquire()).release();
      await env.advance(100);
    }
    // The one on top is used all the time.
    expect(new Set(ids)).toEqual(new Set([1]));
    expect(ids.length).toBeGreaterThanOrEqual(4);
    expect(ids.length).toBeLessThanOrEqual(5);
  });

  test('is no use: what nobody needs is closed after idleTimeoutMs all the same, under a light load too', async () => {
    const { env, pool } = await kept(6, () => Promise.resolve(true), { idleTimeoutMs: 4_000 });
    for (let ms = 0; ms < 6_000; ms += 50) {
      (await pool.acquire()).release();
      await env.advance(50);
    }
    expect(pool.stats()).toMatchObject({ total: 1, destroyed: { idle: 5 } });
  });

  test('Infinity turns it off', async () => {
    let calls = 0;
    const { env } = await kept(2, () => Promise.resolve(++calls > 0), { keepaliveIntervalMs: Infinity });
    await env.advance(1_000_000);
    expect(calls).toBe(0);
  });

  test('goes on while the pool is suspended', async () => {
    let calls = 0;
    const { env, pool } = await kept(2, () => Promise.resolve(++calls > 0));
    pool.suspend();
    await env.advance(1_500);
    expect(calls).toBe(2);
    expect(pool.stats()).toMatchObject({ idle: 2, status: 'suspended' });
    expect(pool.tryAcquire()).toBeUndefined();
    pool.resume();
    expect(pool.tryAcquire()).toBeDefined();
  });

  test.each([
    ['says no', () => Promise.resolve(false)],
    ['rejects', () => Promise.reject(new Error('gone'))],
    ['hangs', () => new Promise<boolean>(() => {})],
  ])('replaces what is kept by min when the validation %s', async (_how, validate) => {
    const { env, factory, pool } = await kept(2, validate, { min: 2, validateTimeoutMs: 300 });
    await env.advance(1_600);
    expect(factory.made.slice(0, 2).map(({ reason }) => reason)).toEqual(['invalid', 'invalid']);
    expect(pool.stats()).toMatchObject({ idle: 2, created: 4, failedChecks: 2, checking: 0 });
  });

  test('what was validated in the background is lent, though what was used last needs validation', async () => {
    let calls = 0;
    const { env, pool } = await kept(3, () => Promise.resolve(++calls > 0), { validateAfterIdleMs: 1_000 });
    await env.advance(1_050);
    // Two of three were validated.
    const before = calls;
    expect(pool.tryAcquire()).toBeDefined();
    expect(calls).toBe(before);
  });
});

describe('hooks see', () => {
  test('when a resource was created, used last, and how often it was lent', async () => {
    const seen: [string, ResourceInfo][] = [];
    const note = (what: string, { createdAt, lastUsedAt, uses }: ResourceInfo): void =>
      void seen.push([what, { createdAt, lastUsedAt, uses }]);
    const options = { validateAfterIdleMs: 1_000, keepaliveIntervalMs: Infinity };
    const { env, pool } = makePool(options, (made) => {
      made.check = (_thing, info) => {
        note('check', info);
        return info.uses === 2 ? 'reset' : 'ok';
      };
      made.reset = (_thing, _signal, info) => Promise.resolve(note('reset', info));
      made.validate = (_thing, _signal, info) => {
        note('validate', info);
        return Promise.resolve(true);
      };
    });
    const use = async (ms: number): Promise<void> => {
      const lease = await pool.acquire();
      await env.advance(ms);
      lease.release();
      await env.settle();
    };
    await env.advance(250);
    await use(300);
    await use(400);
    await env.advance(2_000);
    await use(0);
    expect(seen).toEqual([
      ['check', { createdAt: 250, lastUsedAt: 250, uses: 1 }],
      ['check', { createdAt: 250, lastUsedAt: 550, uses: 2 }],
      ['reset', { createdAt: 250, lastUsedAt: 950, uses: 2 }],
      ['validate', { createdAt: 250, lastUsedAt: 950, uses: 2 }],
      ['check', { createdAt: 250, lastUsedAt: 2_950, uses: 3 }],
    ]);
  });
});
