import { describe, expect, test } from '@jest/globals';
import { OptionsError } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { CircuitBreaker, type CircuitBreakerOptions } from './index.js';

function setUp(options: Partial<CircuitBreakerOptions>): {
  env: VirtualEnv;
  breaker: CircuitBreaker;
  /** `f` fails, `s` succeeds, `n` is neutral. */
  readonly calls: (outcomes: string) => void;
} {
  const env = new VirtualEnv();
  const breaker = new CircuitBreaker({ name: 'pricing', jitter: 0, ...options }, env);
  const calls = (outcomes: string): void => {
    for (const one of outcomes) {
      const permit = breaker.tryEnter();
      if (one === 'f') breaker.fail(permit);
      else if (one === 's') breaker.succeed(permit);
      else breaker.neutral(permit);
    }
  };
  return { env, breaker, calls };
}

describe('CircuitBreaker: a window of calls', () => {
  test('opens by the share of failures, once there are enough calls', () => {
    const { breaker, calls } = setUp({ window: { calls: 10, minimumCalls: 4 } });
    calls('fsf');
    expect(breaker.state).toBe('closed');
    expect(breaker.report()).toMatchObject({ calls: 3, failureRate: 2 / 3, slowRate: 0 });
    // The success is the fourth call, with which two of four have failed.
    calls('s');
    expect(breaker.state).toBe('open');
    expect(breaker.rejection().message).toContain('after 2 failures');
  });

  test('failures in a row do not open it by themselves, unless that is asked for', () => {
    const { breaker, calls } = setUp({ window: { calls: 100 } });
    calls(`${'s'.repeat(90)}${'f'.repeat(9)}`);
    expect(breaker.state).toBe('closed');
    const both = setUp({ window: { calls: 100 }, failureThreshold: 3 });
    both.calls(`${'s'.repeat(90)}fff`);
    expect(both.breaker.state).toBe('open');
  });

  test('neutral calls are not in it, and late results of another generation neither', () => {
    const { breaker, calls } = setUp({ window: { calls: 4, minimumCalls: 2 } });
    calls('nnnf');
    expect(breaker.report()).toMatchObject({ calls: 1, state: 'closed' });
    const old = breaker.tryEnter();
    breaker.reset();
    breaker.fail(old);
    breaker.succeed(old);
    expect(breaker.report()).toMatchObject({ calls: 0, failures: 0, state: 'closed' });
  });

  test('begins anew when it has closed again', async () => {
    const { env, breaker, calls } = setUp({ window: { calls: 4, minimumCalls: 2 }, openMs: 100 });
    calls('ff');
    expect(breaker.state).toBe('open');
    await env.advance(100);
    calls('ss');
    expect(breaker.report()).toMatchObject({ state: 'closed', calls: 0 });
    calls('f');
    expect(breaker.state).toBe('closed');
  });

  test('counts nothing while it is disabled', () => {
    const { breaker, calls } = setUp({ window: { calls: 4, minimumCalls: 2 } });
    breaker.disable();
    calls('ffff');
    expect(breaker.report()).toMatchObject({ state: 'disabled', calls: 0 });
  });
});

describe('CircuitBreaker: a window of time', () => {
  test('a failure after a quiet hour is one of one', async () => {
    const { env, breaker, calls } = setUp({ window: { ms: 10_000, minimumCalls: 5 } });
    calls('ffff');
    await env.advance(3_600_000);
    calls('f');
    expect(breaker.report()).toMatchObject({ state: 'closed', calls: 1, failureRate: 1 });
    calls('ffff');
    expect(breaker.state).toBe('open');
  });
});

describe('CircuitBreaker: slow calls', () => {
  const SLOW = { slowCallMs: 100, window: { calls: 10, minimumCalls: 2, slowRate: 0.5 } };

  test('open it by their share, though they succeed', async () => {
    const { env, breaker } = setUp(SLOW);
    breaker.succeed(breaker.tryEnter(), await moments(env, breaker, 20));
    breaker.succeed(breaker.tryEnter(), await moments(env, breaker, 101));
    expect(breaker.state).toBe('open');
  });

  test('are measured by run, which reads no clock where nothing is slow', async () => {
    const { env, breaker } = setUp(SLOW);
    const slow = (ms: number): Promise<void> =>
      breaker.run(() => new Promise<void>((resolve) => void env.scheduler.after(ms, resolve)));
    await env.until(slow(150));
    expect(breaker.report()).toMatchObject({ calls: 1, slowRate: 1, failureRate: 0 });
    await env.until(slow(150));
    expect(breaker.state).toBe('open');
    expect(setUp({}).breaker.moment()).toBe(0);
  });

  test('a slow trial call is a failed one', async () => {
    const { env, breaker, calls } = setUp({ ...SLOW, openMs: 100 });
    calls('ff');
    await env.advance(100);
    const permit = breaker.tryEnter();
    breaker.succeed(permit, await moments(env, breaker, 500));
    expect(breaker.state).toBe('open');
    await env.advance(200);
    for (let at = 0; at < 2; at++) breaker.succeed(breaker.tryEnter(), breaker.moment());
    expect(breaker.state).toBe('closed');
  });

  test('a call that is slow and fails is both', async () => {
    const { env, breaker } = setUp({ ...SLOW, window: { calls: 10, minimumCalls: 5 } });
    breaker.fail(breaker.tryEnter(), undefined, await moments(env, breaker, 500));
    expect(breaker.report()).toMatchObject({ calls: 1, failureRate: 1, slowRate: 1 });
  });
});

/** A call began so long ago. */
async function moments(env: VirtualEnv, breaker: CircuitBreaker, ms: number): Promise<number> {
  const began = breaker.moment();
  await env.advance(ms);
  return began;
}

describe('CircuitBreaker: options of windows', () => {
  test('are refused together', () => {
    const window = { calls: 5, ms: 100, failureRate: 0, slowRate: 2, minimumCalls: 6, size: 3 };
    const make = (): unknown => new CircuitBreaker({ name: 'n', window, slowCallMs: 0 });
    expect(make).toThrow(OptionsError);
    for (const part of [
      'either calls or ms',
      'failureRate',
      'slowRate',
      'minimumCalls',
      'size',
      'slowCallMs',
    ]) {
      expect(make).toThrow(part);
    }
    expect(() => new CircuitBreaker({ name: 'n', window: {} })).toThrow('either calls or ms');
    expect(() => new CircuitBreaker({ name: 'n', failureThreshold: Infinity })).toThrow('without a window');
    expect(() => new CircuitBreaker({ name: 'n', window: 5 } as never)).toThrow('window');
  });

  test('a window smaller than the usual minimum is enough for itself', () => {
    const { breaker, calls } = setUp({ window: { calls: 3 } });
    calls('sff');
    expect(breaker.state).toBe('open');
  });
});
