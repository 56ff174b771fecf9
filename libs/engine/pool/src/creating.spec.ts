import { describe, expect, test } from '@jest/globals';
import { PoolCreateError, PoolCreateTimeoutError } from './index.js';
import { deadPool, makePool, watch, type FakeFactory } from './pool.fixture.js';

describe('creating', () => {
  test('no more than createConcurrency at a time, and no more than are wanted', async () => {
    const { env, factory, pool } = makePool({ max: 20, createConcurrency: 3 }, (made) => {
      made.otherwise = 10;
    });
    const outcomes = Array.from({ length: 7 }, () => watch(pool.acquire()));
    await env.settle();
    expect(factory.calls).toBe(3);
    expect(pool.stats()).toMatchObject({ creating: 3, total: 3, waiting: 7 });
    await env.advance(10);
    expect(factory.calls).toBe(6);
    await env.advance(20);
    expect(factory.calls).toBe(7);
    expect(outcomes.every((outcome) => outcome.state === 'fulfilled')).toBe(true);
  });

  test('a lost resource of min is replaced', async () => {
    const { env, pool } = makePool({ min: 2 });
    await pool.start();
    pool.tryAcquire()!.discard();
    await env.settle();
    expect(pool.stats()).toMatchObject({ idle: 2, total: 2, created: 3 });
  });

  test('case 6: a refill counts all resources, not the idle ones', async () => {
    const { env, factory, pool } = makePool({ min: 3, max: 3 });
    await pool.start();
    const leases = [pool.tryAcquire(), pool.tryAcquire(), pool.tryAcquire()];
    await env.advance(10_000);
    expect(factory.calls).toBe(3);
    leases[0]!.discard();
    await env.advance(10_000);
    expect(factory.calls).toBe(4);
    expect(pool.stats()).toMatchObject({ total: 3, leased: 2, idle: 1 });
  });

  test('one that takes longer than createTimeoutMs is given up: signal, timeout as cause, the late result destroyed', async () => {
    const { env, factory, pool } = makePool({ max: 1, createTimeoutMs: 100, failFastAfterMs: 0 }, (made) => {
      made.otherwise = 150;
    });
    const outcome = watch(pool.acquire());
    await env.advance(100);
    expect(factory.signals[0]!.aborted).toBe(true);
    expect(outcome.error).toBeInstanceOf(PoolCreateError);
    expect((outcome.error as Error).cause).toBeInstanceOf(PoolCreateTimeoutError);
    expect(((outcome.error as Error).cause as Error).message).toBe(
      'orders: creating a resource took longer than createTimeoutMs (100 ms).',
    );
    // It keeps its place until the factory lets go: no more than max may be open at a time.
    expect(pool.stats()).toMatchObject({ total: 1, closing: 1, creating: 0, createErrors: 1 });
    await env.advance(50);
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'created too late' });
    expect(pool.stats()).toMatchObject({ total: 0, created: 0 });
  });

  test('the signal of a create that worked is never aborted', async () => {
    const { env, factory, pool } = makePool({ createTimeoutMs: 100 });
    (await pool.acquire()).release();
    await env.advance(1_000);
    await pool.close();
    expect(factory.signals[0]!.aborted).toBe(false);
  });

  test.each(['fail', 'throw'] as const)(
    'one that does %p is repeated later, longer and longer, up to maxMs',
    async (act) => {
      const { env, factory, pool } = makePool(
        {
          max: 1,
          acquireTimeoutMs: 100_000,
          failFastAfterMs: Infinity,
          createBackoff: { initialMs: 100, maxMs: 800 },
        },
        (made) => {
          made.otherwise = act;
        },
      );
      watch(pool.acquire());
      const at: number[] = [];
      for (let ms = 0, seen = 0; ms < 10_000; ms += 5) {
        await env.advance(ms === 0 ? 0 : 5);
        for (; seen < factory.calls; seen++) at.push(env.scheduler.now());
      }
      const pauses = at.slice(1).map((moment, i) => moment - at[i]!);
      const bounds = [100, 200, 400, 800, 800, 800, 800];
      for (const [i, most] of bounds.entries()) {
        expect(pauses[i]).toBeGreaterThanOrEqual(most / 2 - 5);
        expect(pauses[i]).toBeLessThanOrEqual(most + 5);
      }
      // A random share: not all the same.
      expect(new Set(pauses.slice(3)).size).toBeGreaterThan(1);
    },
  );

  test('those that were under way together and fail together count as one failure', async () => {
    const { env, factory, pool } = deadPool({ max: 10, createConcurrency: 4, failFastAfterMs: 0 });
    const outcomes = Array.from({ length: 10 }, () => watch(pool.acquire()));
    await env.settle();
    expect(factory.calls).toBe(4);
    expect(pool.stats().createErrors).toBe(4);
    expect(outcomes.every((outcome) => outcome.state === 'rejected')).toBe(true);
    const next = watch(pool.acquire());
    await env.settle();
    expect((next.error as Error).message).toMatch(
      /^orders: no resource can be created \(1 failure in a row\); the next attempt is due in \d+ ms\. See the cause\.$/,
    );
    expect((next.error as PoolCreateError).retryAfterMs).toBeLessThanOrEqual(100);
  });

  test('what the error says about the next attempt is true', async () => {
    const { env, factory, pool } = deadPool({ min: 1, max: 4, failFastAfterMs: 0 });
    const started = watch(pool.start());
    await env.settle();
    const { retryAfterMs } = started.error as PoolCreateError;
    expect(retryAfterMs).toBeGreaterThan(0);
    await env.advance(retryAfterMs! - 0.001);
    expect(factory.calls).toBe(1);
    await env.advance(0.001);
    expect(factory.calls).toBe(2);
  });

  test('a success ends the pause', async () => {
    const { env, factory, pool } = makePool({ max: 4, createConcurrency: 2 });
    factory.acts = ['fail', 20];
    const outcomes = [watch(pool.acquire()), watch(pool.acquire())];
    await env.advance(20);
    expect(outcomes.map((outcome) => outcome.state)).toEqual(['fulfilled', 'fulfilled']);
    expect(env.scheduler.now()).toBe(20);
  });

  test.each([['a text'], [undefined], [Object.create(null) as object], [42]])(
    'a factory may reject with anything: %p',
    async (reason) => {
      const { env, pool } = makePool({ failFastAfterMs: 0 }, (made) => {
        made.otherwise = 'fail';
        made.error = reason;
      });
      const outcome = watch(pool.acquire());
      await env.settle();
      const { cause } = outcome.error as { cause: Error };
      expect(cause.cause).toBe(reason);
      expect(cause.message).toBe(
        typeof reason === 'string' ? reason : 'rejected with a value that is no Error',
      );
      expect(pool.stats()).toMatchObject({ creating: 0, total: 0 });
    },
  );
});

/** Every microtask that a factory could take must not keep timers from firing. */
test.each(['fail', 'throw'] as const)(
  'a factory that does %p all the time never loops on the microtask queue',
  async (act) => {
    const { env, pool, factory } = makePool({ min: 5, max: 5 }, (made: FakeFactory) => {
      made.otherwise = act;
    });
    watch(pool.start());
    watch(pool.acquire());
    await env.settle();
    expect(factory.calls).toBeLessThanOrEqual(4);
    await env.advance(60_000);
    expect(factory.calls).toBeLessThan(100);
  },
);
