import { describe, expect, test } from '@jest/globals';
import { PoolCreateError, PoolTimeoutError } from './index.js';
import { deadPool, got, makePool, states, watch } from './pool.fixture.js';

describe('failing fast', () => {
  test('case 4: a failed create is told, with its cause, well before the timeout', async () => {
    const { env, factory, pool } = deadPool({ acquireTimeoutMs: 10_000 });
    const outcome = watch(pool.acquire());
    await env.advance(2_500);
    expect(outcome.error).toBeInstanceOf(PoolCreateError);
    expect((outcome.error as Error).cause).toBe(factory.error);
  });

  test('case 4: who times out before that has the last failure as cause', async () => {
    const { env, factory, pool } = deadPool({ acquireTimeoutMs: 500 });
    const outcome = watch(pool.acquire());
    await env.advance(500);
    expect(outcome.error).toBeInstanceOf(PoolTimeoutError);
    expect((outcome.error as Error).cause).toBe(factory.error);
    expect((outcome.error as Error).message).toContain(
      'The last attempt to create one failed, see the cause.',
    );
  });

  test('waiters are not failed before failFastAfterMs', async () => {
    const { env, pool, factory } = deadPool({ failFastAfterMs: 3_000 });
    const outcome = watch(pool.acquire());
    await env.advance(2_900);
    expect(factory.calls).toBeGreaterThan(3);
    expect(outcome.state).toBe('pending');
    await env.advance(5_000);
    expect(outcome.error).toBeInstanceOf(PoolCreateError);
  });

  test('while something is lent that may come back, they wait for it', async () => {
    const { env, factory, pool } = makePool({ max: 2, failFastAfterMs: 0 });
    const lease = await pool.acquire();
    factory.otherwise = 'fail';
    const outcome = watch(pool.acquire());
    await env.advance(5_000);
    expect(outcome.state).toBe('pending');
    lease.release();
    await env.settle();
    expect(outcome.state).toBe('fulfilled');
  });

  test('when the lent one comes back broken, the next failure fails them', async () => {
    const { env, factory, pool } = makePool({ max: 2, failFastAfterMs: 0 });
    const lease = await pool.acquire();
    factory.otherwise = 'fail';
    const outcome = watch(pool.acquire());
    await env.advance(1_000);
    lease.discard('broken');
    await env.advance(5_000);
    expect(outcome.error).toBeInstanceOf(PoolCreateError);
  });

  test('callers who come meanwhile are refused at once, without an attempt of their own', async () => {
    const { env, factory, pool } = deadPool({ max: 10, failFastAfterMs: 0 });
    watch(pool.acquire());
    await env.settle();
    const before = factory.calls;
    const outcomes = Array.from({ length: 50 }, () => watch(pool.acquire()));
    await env.settle();
    expect(factory.calls).toBe(before);
    expect(outcomes.every((outcome) => outcome.error instanceof PoolCreateError)).toBe(true);
    expect(pool.stats().refused).toBe(50);
  });

  test.each([0, 2])('with min %p the pool recovers when the server does', async (min) => {
    const { env, factory, pool } = deadPool({ min, max: 5, failFastAfterMs: 0 });
    watch(pool.acquire());
    await env.advance(20_000);
    factory.otherwise = 'ok';
    // At the latest after the longest pause somebody may try.
    await env.advance(5_000);
    const outcomes = Array.from({ length: 5 }, () => watch(pool.acquire()));
    await env.settle();
    expect(outcomes.map((outcome) => outcome.state)).toContain('fulfilled');
    const again = Array.from({ length: 3 }, () => watch(pool.acquire({ timeoutMs: 10 })));
    await env.settle();
    expect(again.some((outcome) => outcome.error instanceof PoolCreateError)).toBe(false);
  });

  test('after a pause one caller tries while the others are refused', async () => {
    const { env, factory, pool } = deadPool({ max: 5, failFastAfterMs: 0 });
    watch(pool.acquire());
    await env.advance(150);
    factory.otherwise = 20;
    const before = factory.calls;
    const outcomes = Array.from({ length: 3 }, () => watch(pool.acquire()));
    await env.settle();
    expect(factory.calls).toBe(before + 1);
    expect(outcomes.map((outcome) => outcome.state)).toEqual(['pending', 'rejected', 'rejected']);
    await env.advance(20);
    expect(outcomes[0]!.state).toBe('fulfilled');
  });

  test('a failure of long ago refuses nobody: a burst after a quiet hour waits for its creates', async () => {
    const { env, factory, pool } = deadPool({ max: 5, createConcurrency: 5 });
    const first = watch(pool.acquire({ timeoutMs: 10 }));
    await env.advance(10);
    expect(first.state).toBe('rejected');
    factory.otherwise = 20;
    await env.advance(3_600_000);
    const burst = Array.from({ length: 5 }, () => watch(pool.acquire()));
    await env.advance(20);
    expect(burst.map((outcome) => outcome.state)).toEqual(Array.from({ length: 5 }, () => 'fulfilled'));
  });

  test('a failure of long ago refuses nobody while a create is under way (found by simulation)', async () => {
    const { env, pool } = makePool(
      { max: 2, failFastAfterMs: 0, createBackoff: { initialMs: 10, maxMs: 20 } },
      (factory) => {
        factory.acts = ['fail', 50];
      },
    );
    const first = watch(pool.acquire());
    await env.settle();
    expect(first.state).toBe('rejected');
    await env.advance(60_000);
    pool.resize({ min: 1 });
    await env.advance(10);
    const late = watch(pool.acquire());
    await env.advance(50);
    got(late).release();
    await env.until(pool.close());
  });

  test('retryNow tries at once and refuses nobody meanwhile', async () => {
    const { env, factory, pool } = deadPool({ min: 1, max: 5, failFastAfterMs: 0 });
    watch(pool.start());
    await env.advance(60_000);
    factory.otherwise = 20;
    const before = factory.calls;
    pool.retryNow();
    const outcome = watch(pool.acquire());
    await env.settle();
    expect(factory.calls).toBeGreaterThan(before);
    await env.advance(20);
    expect(outcome.state).toBe('fulfilled');
  });

  test.each(['a create', 'retryNow'])(
    'an attempt from before %s that ended the outage refuses nobody when it fails later (found by simulation)',
    async (ended) => {
      const { env, factory, pool } = makePool(
        { max: 4, createConcurrency: 4, failFastAfterMs: 0, createTimeoutMs: 600 },
        (one) => {
          one.acts = ended === 'a create' ? ['hang', 'ok'] : ['hang'];
        },
      );
      const outcomes = [watch(pool.acquire({ timeoutMs: 10_000 }))];
      if (ended === 'a create') outcomes.push(watch(pool.acquire({ timeoutMs: 10_000 })));
      await env.settle();
      if (ended === 'a create') got(outcomes[0]!).discard('used');
      else pool.retryNow();
      factory.otherwise = 20;
      await env.advance(605);
      // It has failed, and another one runs for who waits.
      outcomes.push(watch(pool.acquire()));
      await env.advance(50);
      expect(states(outcomes)).toEqual(outcomes.map(() => 'fulfilled'));
      await env.until(pool.close());
    },
  );

  test('a suspended pool fails nobody for that: they wait for resume', async () => {
    const { env, factory, pool } = deadPool({ min: 1, failFastAfterMs: 0 });
    watch(pool.start());
    await env.settle();
    pool.suspend();
    const outcome = watch(pool.acquire());
    await env.advance(5_000);
    expect(outcome.state).toBe('pending');
    factory.otherwise = 'ok';
    pool.resume();
    await env.advance(4_000);
    expect(got(outcome).active).toBe(true);
  });
});
