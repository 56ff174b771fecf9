import { describe, expect, test } from '@jest/globals';
import {
  deadlineKey,
  OptionsError,
  PoolingError,
  runInContext,
  type ErrorCategory,
} from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import {
  CircuitBreaker,
  isRetryable,
  Retry,
  RetryBudget,
  type RetryEvent,
  type RetryOptions,
} from './index.js';

class Raised extends PoolingError {
  static override readonly brand: string = 'Raised';
  readonly code = 'RAISED';

  constructor(
    readonly category: ErrorCategory,
    readonly fault?: { readonly outcome: string },
    retryAfterMs?: number,
  ) {
    super('raised', retryAfterMs === undefined ? {} : { retryAfterMs });
  }
}

const DOWN = new Raised('unavailable');

function setUp(options: Partial<RetryOptions> = {}): {
  env: VirtualEnv;
  retry: Retry;
  events: RetryEvent[];
  /** Fails so often, then gives the number of calls. */
  readonly failing: (times: number, error?: unknown) => () => Promise<number>;
} {
  const env = new VirtualEnv(3);
  const events: RetryEvent[] = [];
  const retry = new Retry({ name: 'pricing', onRetry: (event) => events.push(event), ...options }, env);
  const failing = (times: number, error: unknown = DOWN) => {
    let calls = 0;
    return async () => {
      if (++calls <= times) throw error;
      return calls;
    };
  };
  return { env, retry, events, failing };
}

describe('Retry', () => {
  test('calls again what failed, each time anew, and tells the number of the attempt', async () => {
    const { env, retry } = setUp();
    const attempts: number[] = [];
    const result = env.until(
      retry.run((attempt) => {
        attempts.push(attempt);
        if (attempt < 3) throw DOWN;
        return 'done';
      }),
    );
    expect(await result).toBe('done');
    expect(attempts).toEqual([1, 2, 3]);
    expect(env.pendingTimers).toBe(0);
  });

  test('case 36: no attempt at all is refused, and one attempt is one call', async () => {
    expect(() => setUp({ attempts: 0 })).toThrow(OptionsError);
    const { env, retry, events, failing } = setUp({ attempts: 1 });
    await expect(env.until(retry.run(failing(1)))).rejects.toBe(DOWN);
    expect(events).toEqual([]);
  });

  test('case 36: no pause is longer than the cap, however often it was doubled', async () => {
    const budget = new RetryBudget({ name: 'n', ratio: 1, perSecond: 1_000 });
    const { env, retry, events, failing } = setUp({ attempts: 200, baseMs: 10, maxMs: 80, budget });
    await env.until(retry.run(failing(199)));
    expect(events).toHaveLength(199);
    for (const { attempt, delayMs } of events) {
      expect(delayMs).toBeLessThanOrEqual(Math.min(80, 10 * 2 ** (attempt - 1)));
    }
    expect(Math.max(...events.map(({ delayMs }) => delayMs))).toBeGreaterThan(60);
    expect(Math.min(...events.slice(5).map(({ delayMs }) => delayMs))).toBeLessThan(20);
  });

  test.each([
    [new Raised('unavailable'), true],
    [new Raised('conflict'), true],
    [new Raised('unavailable', { outcome: 'not-sent' }), true],
    [new Raised('conflict', { outcome: 'rolled-back' }), true],
    [new Raised('unavailable', { outcome: 'unknown' }), false],
    [new Raised('unavailable', { outcome: 'committed' }), false],
    [new Raised('timeout'), false],
    [new Raised('failed'), false],
    [new Raised('misuse'), false],
    [new Raised('cancelled'), false],
    [new Error('unavailable'), false],
    ['unavailable', false],
  ])(
    'case 36: not every error is repeated, and nothing that may have been written: %p is %p',
    (error, worth) => {
      expect(isRetryable(error)).toBe(worth);
    },
  );

  test('an error that is not worth it is final, and so is one that nobody can judge', async () => {
    const { env, retry, failing } = setUp();
    const failed = new Raised('failed');
    await expect(env.until(retry.run(failing(1, failed)))).rejects.toBe(failed);
    const broken = setUp({
      retryable: () => {
        throw new Error('broken');
      },
    });
    await expect(broken.env.until(broken.retry.run(broken.failing(1)))).rejects.toBe(DOWN);
  });

  test('waits as long as the error asks for, and gives up when that is too long', async () => {
    const { env, retry, events, failing } = setUp();
    expect(await env.until(retry.run(failing(1, new Raised('unavailable', undefined, 700))))).toBe(2);
    expect(events[0]!.delayMs).toBe(700);
    const long = new Raised('unavailable', undefined, 30_000);
    await expect(env.until(retry.run(failing(1, long)))).rejects.toBe(long);
    expect(env.scheduler.now()).toBeLessThan(1_000);
  });

  test('an open breaker is waited for', async () => {
    const { env, retry } = setUp();
    const breaker = new CircuitBreaker(
      { name: 'n', failureThreshold: 1, jitter: 0, successThreshold: 1 },
      env,
    );
    breaker.fail(breaker.tryEnter());
    expect(await env.until(retry.run(() => breaker.run(() => 'up again')))).toBe('up again');
    expect(env.scheduler.now()).toBe(1_000);
  });

  test('no pause leads beyond the deadline of the call, of the option or of the scope', async () => {
    for (const how of ['call', 'option', 'scope'] as const) {
      const { env, retry } = setUp({
        attempts: 50,
        baseMs: 100,
        ...(how === 'option' ? { timeoutMs: 500 } : {}),
      });
      const run = (): Promise<never> =>
        retry.run(() => Promise.reject(DOWN), how === 'call' ? { timeoutMs: 500 } : {});
      const running = how === 'scope' ? runInContext(deadlineKey, 500, run) : run();
      await expect(env.until(running)).rejects.toBe(DOWN);
      expect(env.scheduler.now()).toBeLessThan(500);
    }
  });

  test('the budget ends a storm', async () => {
    const env = new VirtualEnv();
    const budget = new RetryBudget({ name: 'n', ratio: 0, perSecond: 1, windowMs: 5_000 }, env);
    const events: RetryEvent[] = [];
    const storm = new Retry({ name: 'n', budget, baseMs: 0, onRetry: (event) => events.push(event) }, env);
    for (let at = 0; at < 100; at++) {
      await expect(env.until(storm.run(() => Promise.reject(DOWN)))).rejects.toBe(DOWN);
    }
    expect(events).toHaveLength(5);
    expect(budget.report()).toMatchObject({ retries: 5 });
  });

  test('a signal ends a pause and leaves nothing behind', async () => {
    const { env, retry, failing } = setUp({ baseMs: 1_000 });
    const cut = new AbortController();
    const running = retry.run(failing(1), { signal: cut.signal });
    const outcome = running.catch((error: unknown) => error);
    await env.settle();
    cut.abort(new Error('enough'));
    expect(await outcome).toMatchObject({ message: 'enough' });
    expect(env.pendingTimers).toBe(0);
    await expect(env.until(retry.run(failing(1), { signal: cut.signal }))).rejects.toThrow('enough');
  });

  test('what a listener throws is dropped', async () => {
    const onRetry = (): never => {
      throw new Error('broken');
    };
    const { env, retry, failing } = setUp({ onRetry });
    expect(await env.until(retry.run(failing(1)))).toBe(2);
  });

  test('wrong options are refused together', () => {
    const make = (): unknown =>
      new Retry({
        name: '',
        attempts: 1.5,
        baseMs: -1,
        maxMs: 'x',
        timeoutMs: 0,
        retryable: 1,
        tries: 3,
      } as never);
    expect(make).toThrow(OptionsError);
    for (const part of ['name', 'attempts', 'baseMs', 'maxMs', 'timeoutMs', 'retryable', 'tries']) {
      expect(make).toThrow(part);
    }
  });
});
