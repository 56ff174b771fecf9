import { describe, expect, test } from '@jest/globals';
import { deadlineKey, OptionsError, runInContext } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import * as fc from 'fast-check';
import { Bulkhead, BulkheadFullError, BulkheadTimeoutError, type BulkheadOptions } from './index.js';

function setUp(options: Partial<BulkheadOptions> = {}): {
  env: VirtualEnv;
  bulkhead: Bulkhead;
  /** A call that takes so long. */
  readonly call: (ms: number, signal?: AbortSignal) => Promise<number>;
  running: () => number;
} {
  const env = new VirtualEnv();
  const bulkhead = new Bulkhead({ name: 'reports', maxConcurrent: 2, ...options }, env);
  let running = 0;
  const call = (ms: number, signal?: AbortSignal): Promise<number> =>
    bulkhead.run(async () => {
      running++;
      await new Promise<void>((resolve) => void env.scheduler.after(ms, resolve));
      running--;
      return ms;
    }, signal);
  return { env, bulkhead, call, running: () => running };
}

describe('Bulkhead', () => {
  test('refuses what is too much, typed and with numbers', async () => {
    const { env, bulkhead, call } = setUp();
    const both = Promise.all([call(10), call(10)]);
    const error = await call(10).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BulkheadFullError);
    expect(error).toMatchObject({ code: 'BULKHEAD_FULL', category: 'unavailable', active: 2, waiting: 0 });
    expect((error as Error).message).toMatch(/'reports' is full: 2 calls run and 0 wait/);
    await env.until(both);
    expect(await env.until(call(1))).toBe(1);
    expect(bulkhead.report()).toEqual({ name: 'reports', active: 0, waiting: 0, rejected: 1 });
  });

  test('lets others wait, first come first served', async () => {
    const { env, call, bulkhead } = setUp({ maxConcurrent: 1, maxQueue: 3 });
    const order: number[] = [];
    const calls = [5, 4, 3, 2].map((ms) => call(ms).then((done) => order.push(done)));
    expect(bulkhead.report()).toMatchObject({ active: 1, waiting: 3 });
    await expect(call(1)).rejects.toBeInstanceOf(BulkheadFullError);
    await env.until(Promise.all(calls));
    expect(order).toEqual([5, 4, 3, 2]);
  });

  test('not for longer than it is told to, nor than the scope allows', async () => {
    const { env, call } = setUp({ maxConcurrent: 1, maxQueue: 5, queueTimeoutMs: 50 });
    const first = call(1_000);
    const error = await env.until(call(1).catch((reason: unknown) => reason));
    expect(error).toBeInstanceOf(BulkheadTimeoutError);
    expect(error).toMatchObject({ code: 'BULKHEAD_TIMEOUT', waitedMs: 50, active: 1 });
    const scoped = runInContext(deadlineKey, env.scheduler.now() + 20, () => call(1));
    await expect(env.until(scoped)).rejects.toMatchObject({ waitedMs: 20 });
    const over = runInContext(deadlineKey, env.scheduler.now(), () => call(1));
    await expect(env.until(over)).rejects.toBeInstanceOf(BulkheadFullError);
    await env.until(first);
    expect(env.pendingTimers).toBe(0);
  });

  test('a signal ends the wait, and costs nobody else a place', async () => {
    const { env, call } = setUp({ maxConcurrent: 1, maxQueue: 5 });
    const cut = new AbortController();
    const first = call(100);
    const second = call(1, cut.signal).catch((reason: unknown) => reason);
    const third = call(2);
    cut.abort(new Error('gone'));
    expect(await second).toMatchObject({ message: 'gone' });
    await expect(call(1, cut.signal)).rejects.toThrow('gone');
    expect(await env.until(Promise.all([first, third]))).toEqual([100, 2]);
  });

  test('what throws gives its place back', async () => {
    const { bulkhead } = setUp({ maxConcurrent: 1 });
    for (let at = 0; at < 3; at++) {
      const broken = bulkhead.run(() => {
        throw new Error('broken');
      });
      await expect(broken).rejects.toThrow('broken');
    }
    expect(bulkhead.report()).toMatchObject({ active: 0, rejected: 0 });
  });

  test('never more at a time than it says, and everybody settles', async () => {
    const one = fc.record({ ms: fc.nat(30), after: fc.nat(10), cutAfter: fc.option(fc.nat(40)) });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), async (all, max) => {
        const made = setUp({ maxConcurrent: max, maxQueue: 10, queueTimeoutMs: 25 });
        const { env, call, bulkhead } = made;
        const settled: Promise<unknown>[] = [];
        for (const { ms, after, cutAfter } of all) {
          await env.advance(after);
          const cut = new AbortController();
          if (cutAfter !== null) env.scheduler.after(cutAfter, () => cut.abort(new Error('cut')));
          settled.push(call(ms, cut.signal).catch(() => undefined));
          expect(made.running()).toBeLessThanOrEqual(max);
        }
        await env.advance(2_000);
        await env.until(Promise.all(settled));
        expect(bulkhead.report()).toMatchObject({ active: 0, waiting: 0 });
        expect(env.pendingTimers).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  test('wrong options are refused together', () => {
    const make = (): unknown => new Bulkhead({ name: '', maxQueue: -1, queueTimeoutMs: 0, size: 3 } as never);
    expect(make).toThrow(OptionsError);
    for (const part of ['name', 'maxConcurrent: is needed', 'maxQueue', 'queueTimeoutMs', 'size']) {
      expect(make).toThrow(part);
    }
  });
});
