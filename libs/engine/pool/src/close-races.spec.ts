import { describe, expect, test } from '@jest/globals';
import { PoolClosedError } from './index.js';
import { makePool, sleep, watch } from './pool.fixture.js';

describe('close', () => {
  test('during a create: its signal aborts, a late result is destroyed, nobody waits for it', async () => {
    const { env, factory, pool } = makePool({}, (made) => {
      made.otherwise = 700;
    });
    const waiter = watch(pool.acquire());
    await env.settle();
    const closed = watch(pool.close());
    await env.settle();
    expect(waiter.error).toBeInstanceOf(PoolClosedError);
    expect(closed.state).toBe('fulfilled');
    expect(factory.signals[0]!.aborted).toBe(true);
    await env.advance(700);
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'created too late' });
    expect(env.pendingTimers).toBe(0);
  });

  test('in the turn in which a create was asked for: the factory is not even called', async () => {
    const { env, factory, pool } = makePool();
    const waiter = watch(pool.acquire());
    const closed = watch(pool.close());
    await env.settle();
    expect([waiter.state, closed.state]).toEqual(['rejected', 'fulfilled']);
    expect(factory.calls).toBe(0);
  });

  test('in the turn in which a create succeeds: the resource is destroyed', async () => {
    const { env, factory, pool } = makePool();
    watch(pool.acquire());
    for (let turn = 0; factory.made.length === 0; turn++) {
      expect(turn).toBeLessThan(20);
      await Promise.resolve();
    }
    const closed = watch(pool.close());
    await env.settle();
    expect(closed.state).toBe('fulfilled');
    expect(factory.made[0]!.destroyed).toBe(1);
  });

  test.each(['validate', 'reset'] as const)(
    'during a %s that hangs: cut at the deadline, without a timer left',
    async (how) => {
      const signals: AbortSignal[] = [];
      const hang = (signal: AbortSignal): Promise<never> => {
        signals.push(signal);
        return new Promise(() => {});
      };
      const { env, factory, pool } = makePool(
        { closeTimeoutMs: 500, validateTimeoutMs: 60_000, resetTimeoutMs: 60_000, validateAfterIdleMs: 100 },
        (made) => {
          made.check = () => (how === 'reset' ? 'reset' : 'ok');
          made.validate = (_thing, signal) => hang(signal);
          made.reset = (_thing, signal) => hang(signal);
        },
      );
      (await pool.acquire()).release();
      await env.advance(1_000);
      pool.tryAcquire();
      expect(pool.stats().checking).toBe(1);
      const closed = watch(pool.close());
      await env.advance(500);
      expect(closed.state).toBe('fulfilled');
      expect(factory.made[0]!.destroyed).toBe(1);
      expect(signals[0]!.aborted).toBe(true);
      expect(env.pendingTimers).toBe(0);
      expect(pool.stats()).toMatchObject({ total: 0, checking: 0, failedChecks: 0 });
    },
  );

  test('waits for a reset that is under way', async () => {
    const { env, factory, pool } = makePool({}, (made) => {
      made.check = () => 'reset';
      made.reset = () => sleep(env, 200);
    });
    (await pool.acquire()).release();
    const closed = watch(pool.close());
    await env.advance(199);
    expect(closed.state).toBe('pending');
    expect(factory.made[0]!.destroyed).toBe(0);
    await env.advance(1);
    expect(closed.state).toBe('fulfilled');
    expect(factory.made[0]!.destroyed).toBe(1);
  });

  test('a release in the middle of it that needs a reset is destroyed without', async () => {
    let resets = 0;
    const { env, factory, pool } = makePool({}, (made) => {
      made.check = () => 'reset';
      made.reset = () => Promise.resolve(void resets++);
    });
    const lease = await pool.acquire();
    const closed = watch(pool.close());
    lease.release();
    await env.settle();
    expect(closed.state).toBe('fulfilled');
    expect(factory.made[0]!.destroyed).toBe(1);
    expect(resets).toBe(0);
  });
});
