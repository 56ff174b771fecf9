import { describe, expect, test } from '@jest/globals';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { CircuitBreaker, CircuitOpenError, type CircuitBreakerOptions } from './index.js';

/** A breaker whose open time is just over, so that the next call is a trial. */
async function ready(
  options: Partial<CircuitBreakerOptions> = {},
): Promise<{ env: VirtualEnv; breaker: CircuitBreaker }> {
  const env = new VirtualEnv();
  const breaker = new CircuitBreaker({ name: 'pricing', jitter: 0, ...options }, env);
  for (let i = 0; i < 5; i++) breaker.fail(breaker.tryEnter());
  await env.advance(1_000);
  return { env, breaker };
}

describe('CircuitBreaker: half-open', () => {
  test('case 35: of 20 calls at once only the permits are admitted, the rest is rejected at once and not queued', async () => {
    const { env, breaker } = await ready();
    let calls = 0;
    const ends: (() => void)[] = [];
    const call = (): Promise<void> => {
      calls++;
      return new Promise((resolve) => ends.push(resolve));
    };
    const rejected: unknown[] = [];
    for (let i = 0; i < 20; i++) void breaker.run(call).catch((error: unknown) => rejected.push(error));
    await env.settle();
    expect(calls).toBe(3);
    expect(rejected).toHaveLength(17);
    expect(rejected.every((error) => error instanceof CircuitOpenError)).toBe(true);
    expect(rejected[0]).toMatchObject({ state: 'half-open', retryAfterMs: 1 });
    expect(breaker.report()).toMatchObject({ state: 'half-open', trials: 3, rejected: 17 });
    for (const end of ends) end();
    await env.settle();
    expect(calls).toBe(3);
    expect(breaker.state).toBe('closed');
  });

  test('closes after two successes, and starts from nothing', async () => {
    const { breaker } = await ready();
    await breaker.run(() => 1);
    expect(breaker.report()).toMatchObject({ state: 'half-open', successes: 1, trials: 0 });
    await breaker.run(() => 1);
    expect(breaker.report()).toMatchObject({ state: 'closed', failures: 0, openings: 0, successes: 0 });
  });

  test('case 35: successes do not survive a reopening: F, S, F, S does not close', async () => {
    const { env, breaker } = await ready();
    breaker.fail(breaker.tryEnter());
    await env.advance(2_000);
    breaker.succeed(breaker.tryEnter());
    breaker.fail(breaker.tryEnter());
    await env.advance(4_000);
    breaker.succeed(breaker.tryEnter());
    expect(breaker.report()).toMatchObject({ state: 'half-open', successes: 1, openings: 3 });
  });

  test('case 35: late results of calls begun before a transition are ignored', async () => {
    const { env, breaker } = await ready();
    const old = breaker.tryEnter();
    const failing = breaker.tryEnter();
    breaker.fail(failing);
    await env.advance(2_000);
    const trial = breaker.tryEnter();
    breaker.succeed(old);
    breaker.fail(old);
    breaker.neutral(old);
    expect(breaker.report()).toMatchObject({ state: 'half-open', successes: 0, trials: 1 });
    breaker.succeed(trial);
    breaker.succeed(breaker.tryEnter());
    expect(breaker.state).toBe('closed');
    for (let i = 0; i < 9; i++) breaker.fail(i % 2 === 0 ? old : trial);
    expect(breaker.report()).toMatchObject({ state: 'closed', failures: 0 });
    breaker.fail(breaker.tryEnter());
    breaker.succeed(old);
    breaker.succeed(trial);
    expect(breaker.report()).toMatchObject({ state: 'closed', failures: 1 });
  });

  test('case 35: calls begun while closed neither open nor close it later', async () => {
    const env = new VirtualEnv();
    const breaker = new CircuitBreaker({ name: 'n', jitter: 0 }, env);
    const early = Array.from({ length: 10 }, () => breaker.tryEnter());
    for (let i = 0; i < 5; i++) breaker.fail(breaker.tryEnter());
    await env.advance(1_000);
    const trial = breaker.tryEnter();
    for (const permit of early) breaker.succeed(permit);
    expect(breaker.state).toBe('half-open');
    for (const permit of early) breaker.fail(permit);
    expect(breaker.report()).toMatchObject({ state: 'half-open', trials: 1 });
    breaker.succeed(trial);
  });

  test('case 35: the wall clock is never read', async () => {
    const env = new VirtualEnv();
    const scheduler = Object.create(env.scheduler, {
      wallMs: {
        value: () => {
          throw new Error('the wall clock was read');
        },
      },
    }) as VirtualEnv['scheduler'];
    const breaker = new CircuitBreaker(
      { name: 'n', failureThreshold: 1, successThreshold: 1 },
      { scheduler, random: env.random, onCollected: () => () => {} },
    );
    breaker.fail(breaker.tryEnter());
    breaker.report();
    expect(breaker.rejection().retryAfterMs).toBeGreaterThan(0);
    await env.advance(1_000);
    breaker.succeed(breaker.tryEnter());
    expect(breaker.state).toBe('closed');
  });

  test('a result that is told twice counts once', async () => {
    const { breaker } = await ready();
    const permit = breaker.tryEnter();
    breaker.succeed(permit);
    breaker.succeed(permit);
    breaker.fail(permit);
    expect(breaker.report()).toMatchObject({ state: 'half-open', successes: 1 });
  });

  test('a neutral outcome gives the permit back and decides nothing', async () => {
    const { breaker } = await ready({ halfOpenPermits: 1 });
    for (let i = 0; i < 10; i++) {
      const permit = breaker.tryEnter();
      expect(permit).not.toBe(0);
      expect(breaker.tryEnter()).toBe(0);
      expect(breaker.retryAfterMs).toBe(1);
      breaker.neutral(permit);
      expect(breaker.retryAfterMs).toBe(0);
    }
    expect(breaker.report()).toMatchObject({ state: 'half-open', successes: 0, trials: 0 });
  });

  test('the open time doubles up to its limit, and begins anew after closing', async () => {
    const { env, breaker } = await ready({ maxOpenMs: 5_000 });
    const times: number[] = [];
    for (let i = 0; i < 4; i++) {
      breaker.fail(breaker.tryEnter());
      times.push(breaker.retryAfterMs);
      await env.advance(breaker.retryAfterMs - 1);
      expect(breaker.tryEnter()).toBe(0);
      await env.advance(1);
    }
    expect(times).toEqual([2_000, 4_000, 5_000, 5_000]);
    for (let i = 0; i < 2; i++) breaker.succeed(breaker.tryEnter());
    for (let i = 0; i < 5; i++) breaker.fail(breaker.tryEnter());
    expect(breaker.retryAfterMs).toBe(1_000);
  });

  test('jitter shortens the open time, and differs', () => {
    const env = new VirtualEnv();
    const times = Array.from({ length: 50 }, () => {
      const breaker = new CircuitBreaker({ name: 'n', failureThreshold: 1 }, env);
      breaker.fail(breaker.tryEnter());
      return breaker.retryAfterMs;
    });
    expect(Math.min(...times)).toBeGreaterThanOrEqual(900);
    expect(Math.max(...times)).toBeLessThanOrEqual(1_000);
    expect(new Set(times).size).toBeGreaterThan(20);
  });

  test('hanging trial calls open it again, and their late results are ignored', async () => {
    const { env, breaker } = await ready();
    const trials = [breaker.tryEnter(), breaker.tryEnter(), breaker.tryEnter()];
    await env.advance(4_999);
    expect(breaker.tryEnter()).toBe(0);
    expect(breaker.state).toBe('half-open');
    await env.advance(1);
    expect(breaker.tryEnter()).toBe(0);
    expect(breaker.report()).toMatchObject({ state: 'open', openings: 2, retryAfterMs: 2_000 });
    for (const permit of trials) breaker.succeed(permit);
    expect(breaker.state).toBe('open');
  });

  test('whether anybody looked meanwhile makes no difference to a hanging trial call', async () => {
    const { env, breaker } = await ready();
    const slow = breaker.tryEnter();
    await env.advance(6_000);
    breaker.succeed(slow);
    // A timer would have opened it after 5,000: 1,000 of 2,000 are left.
    expect(breaker.report()).toMatchObject({ state: 'open', retryAfterMs: 1_000 });
    await env.advance(1_000);
    expect(breaker.tryEnter()).not.toBe(0);
    await env.advance(60_000);
    expect(breaker.tryEnter()).not.toBe(0);
    expect(breaker.report()).toMatchObject({ state: 'half-open', openings: 3, trials: 1 });
  });

  test('few calls, each of them quick, close it however long it takes', async () => {
    const { env, breaker } = await ready();
    await breaker.run(() => 1);
    await env.advance(3_600_000);
    await breaker.run(() => 1);
    expect(breaker.state).toBe('closed');
  });

  test('it has no timers', async () => {
    const { env, breaker } = await ready();
    breaker.tryEnter();
    expect(env.pendingTimers).toBe(0);
  });

  test('a listener that steps in does not confuse permits', async () => {
    const { breaker } = await ready();
    const inner: number[] = [];
    const remove = breaker.subscribe(({ to }) => {
      if (to === 'half-open') inner.push(breaker.tryEnter());
    });
    const outer = breaker.tryEnter();
    remove();
    expect(new Set([outer, ...inner]).size).toBe(2);
    expect(breaker.report().trials).toBe(2);
    breaker.neutral(outer);
    expect(breaker.report().trials).toBe(1);
  });
});
