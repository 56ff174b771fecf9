import { deadlineKey, runInContext } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { describe, expect, test } from '@jest/globals';
import { Pool, PoolTimeoutError, type AcquireOptions } from './index.js';
import { FakeFactory, got, LivenessEnv, makePool, queue, states, watch, type Thing } from './pool.fixture.js';

describe('deadlines', () => {
  test('an acquire waits for acquireTimeoutMs, not longer and not shorter', async () => {
    const { env, outcomes, pool } = await queue([{}], { acquireTimeoutMs: 100 });
    await env.advance(99);
    expect(outcomes[0]!.state).toBe('pending');
    await env.advance(1);
    expect(outcomes[0]!.error).toBeInstanceOf(PoolTimeoutError);
    expect(pool.stats()).toMatchObject({ timeouts: 1, waiting: 0 });
  });

  test('by default for 10 seconds', async () => {
    const { env, outcomes } = await queue([{}]);
    await env.advance(9_999);
    expect(outcomes[0]!.state).toBe('pending');
    await env.advance(1);
    expect(outcomes[0]!.state).toBe('rejected');
  });

  test('its own timeoutMs goes before', async () => {
    const { env, outcomes } = await queue([{ timeoutMs: 200 }, { timeoutMs: 20.5 }], {
      acquireTimeoutMs: 100,
    });
    await env.advance(21);
    expect(states(outcomes)).toEqual(['pending', 'rejected']);
    await env.advance(178);
    expect(states(outcomes)).toEqual(['pending', 'rejected']);
    await env.advance(1);
    expect(states(outcomes)).toEqual(['rejected', 'rejected']);
  });

  test.each([0, -1, -10_000, NaN])(
    'case 16: a timeout of %p lends what is idle and never waits',
    async (timeoutMs) => {
      const { env, factory, pool } = makePool({ max: 2 });
      const cold = watch(pool.acquire({ timeoutMs }));
      await env.settle();
      expect(cold.error).toBeInstanceOf(PoolTimeoutError);
      expect(factory.calls).toBe(0);
      (await pool.acquire()).release();
      const warm = watch(pool.acquire({ timeoutMs }));
      await env.settle();
      expect(warm.state).toBe('fulfilled');
      expect(pool.stats().timeouts).toBe(1);
    },
  );

  test('case 16: acquireTimeoutMs of 0 is 0 and not the default', async () => {
    const { env, pool } = makePool({ max: 1, acquireTimeoutMs: 0 });
    const outcome = watch(pool.acquire());
    await env.settle();
    expect(outcome.error).toBeInstanceOf(PoolTimeoutError);
    expect(env.scheduler.now()).toBe(0);
  });

  test('a timeout of Infinity waits on', async () => {
    const { env, lease, outcomes, pool } = await queue([{ timeoutMs: Infinity }], {
      leak: { warnAfterMs: Infinity },
    });
    await env.advance(100_000);
    expect(outcomes[0]!.state).toBe('pending');
    lease.release();
    await env.settle();
    got(outcomes[0]!).release();
    await pool.close();
    expect(env.pendingTimers).toBe(0);
  });

  test('case 19: the deadline is one for queue, creation and validation together', async () => {
    const { env, factory, pool } = makePool({ min: 0, max: 2, createTimeoutMs: 200, acquireTimeoutMs: 300 });
    factory.acts = ['hang', 'hang', 'hang', 'hang'];
    const outcome = watch(pool.acquire());
    await env.advance(299);
    expect(outcome.state).toBe('pending');
    await env.advance(1);
    expect(outcome.error).toBeInstanceOf(PoolTimeoutError);
    expect(factory.calls).toBe(2);
  });

  test("the scope's deadline cuts the wait, also an explicit one; a nearer own timeout stays", async () => {
    const { env, pool } = await queue([]);
    await env.advance(500);
    const within = (options?: AcquireOptions) =>
      watch(runInContext(deadlineKey, env.scheduler.now() + 50, () => pool.acquire(options)));
    const outcomes = [within(), within({ timeoutMs: 70 }), within({ timeoutMs: 30 })];
    await env.advance(30);
    expect(states(outcomes)).toEqual(['pending', 'pending', 'rejected']);
    await env.advance(20);
    expect(states(outcomes)).toEqual(['rejected', 'rejected', 'rejected']);
  });

  test('case 16: a scope whose deadline is over fails at once and does not throw', async () => {
    const { env, pool } = await queue([]);
    await env.advance(500);
    const outcome = watch(runInContext(deadlineKey, 400, () => pool.acquire()));
    await env.settle();
    expect(outcome.error).toBeInstanceOf(PoolTimeoutError);
  });

  test('no false timeout after a stall: the answer that arrived meanwhile is read first', async () => {
    const { env, lease, outcomes } = await queue([{ timeoutMs: 100 }, { timeoutMs: 100 }]);
    await env.stall(5_000, () => lease.release());
    expect(states(outcomes)).toEqual(['fulfilled', 'rejected']);
  });

  test('no false create timeout after a stall either', async () => {
    const { env, pool, factory } = makePool({ max: 1, createTimeoutMs: 100 });
    let connected!: () => void;
    const thing: Thing = { id: 1, destroyed: 0, reason: undefined };
    factory.create = () => new Promise((resolve) => (connected = () => resolve(thing)));
    const outcome = watch(pool.acquire());
    await env.settle();
    await env.stall(5_000, connected);
    expect(got(outcome).resource).toBe(thing);
    expect(pool.stats().createErrors).toBe(0);
  });

  test('many who wait equally long share one timer', async () => {
    const { env } = await queue(Array.from({ length: 100 }, () => ({})));
    // That one and the keeper's.
    expect(env.pendingTimers).toBe(2);
  });

  test('the shared timer expires each at its own moment', async () => {
    const { env, outcomes, pool } = await queue([{}], { acquireTimeoutMs: 100 });
    await env.advance(60);
    outcomes.push(watch(pool.acquire()));
    await env.advance(40);
    expect(states(outcomes)).toEqual(['rejected', 'pending']);
    await env.advance(59);
    expect(states(outcomes)).toEqual(['rejected', 'pending']);
    await env.advance(1);
    expect(states(outcomes)).toEqual(['rejected', 'rejected']);
    expect(env.scheduler.now()).toBe(160);
  });

  test('one who comes between the timer and its I/O phase is not expired too early', async () => {
    const { env, outcomes, pool } = await queue([{}], { acquireTimeoutMs: 100 });
    await env.stall(100, () => outcomes.push(watch(pool.acquire())));
    expect(states(outcomes)).toEqual(['rejected', 'pending']);
    await env.advance(99);
    expect(outcomes[1]!.state).toBe('pending');
    await env.advance(1);
    expect(outcomes[1]!.state).toBe('rejected');
  });

  test('the timer is let go when nobody waits, and taken back for the next: only a waiter keeps the process alive', async () => {
    const env = new LivenessEnv();
    const factory = new FakeFactory(new VirtualEnv());
    const pool = new Pool({ name: 'orders', factory, min: 0, max: 1, acquireTimeoutMs: 100 }, env);
    const lease = await pool.acquire();
    // The pool itself does not: its keeper is let go of.
    expect(env.alive).toBe(0);
    const first = watch(pool.acquire());
    expect(env.alive).toBe(1);
    lease.release();
    expect(env.alive).toBe(0);
    const second = watch(pool.acquire());
    expect(env.alive).toBe(1);
    await env.virtual.advance(100);
    expect(second.state).toBe('rejected');
    expect(env.alive).toBe(0);
    got(first).release();
    await pool.close();
    expect(env.virtual.pendingTimers).toBe(0);
  });
});
