import { describe, expect, test } from '@jest/globals';
import { OptionsError, type Env } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import * as fc from 'fast-check';
import { RetryBudget, type RetryBudgetOptions } from './index.js';

function setUp(options: Partial<RetryBudgetOptions> = {}): { env: VirtualEnv; budget: RetryBudget } {
  const env = new VirtualEnv();
  return { env, budget: new RetryBudget({ name: 'orders', ...options }, env) };
}
function requests(budget: RetryBudget, count: number): void {
  for (let i = 0; i < count; i++) budget.request();
}
const retries = (budget: RetryBudget, tries: number): number =>
  Array.from({ length: tries }, () => budget.tryRetry()).filter(Boolean).length;

describe('RetryBudget', () => {
  test('a new one holds ten seconds’ worth of the ten per second', () => {
    const { budget } = setUp();
    expect(retries(budget, 1_000)).toBe(100);
    expect(budget.report()).toEqual({
      name: 'orders',
      available: 0,
      requests: 0,
      retries: 100,
      refused: 900,
    });
  });

  test('all fails and all is retried: 20 % of the requests and 10 each second are', async () => {
    const { env, budget } = setUp();
    let got = 0;
    for (let ms = 0; ms < 60_000; ms += 10) {
      await env.advance(10);
      requests(budget, 10);
      got += retries(budget, 10);
    }
    const due = 0.2 * 60_000 + 10 * 60;
    expect(got).toBeLessThanOrEqual(due + 100);
    expect(got).toBeGreaterThanOrEqual(due);
    expect(budget.report().requests).toBe(60_000);
  });

  test('a quiet service may retry what it has: no request is needed', async () => {
    const { env, budget } = setUp();
    retries(budget, 100);
    await env.advance(1_000);
    expect(retries(budget, 100)).toBe(9);
  });

  test('a quiet hour is not spent in one storm, yet the calls under way on a dead node can all move', async () => {
    const { env, budget } = setUp();
    for (let s = 0; s < 3_600; s++) {
      await env.advance(1_000);
      requests(budget, 1_000);
    }
    // A window's worth: 10 s x (200 + 10).
    const { available } = budget.report();
    expect(available).toBeGreaterThan(2_000);
    expect(available).toBeLessThan(2_210);
  });

  test('a burst of requests within one millisecond counts in full', () => {
    const { budget } = setUp({ perSecond: 0 });
    requests(budget, 1_000);
    expect(retries(budget, 1_000)).toBe(200);
  });

  test('the clock is read once in 256 requests', () => {
    const env = new VirtualEnv();
    let readings = 0;
    const { scheduler } = env;
    const counting: Env = {
      random: env.random,
      onCollected: () => () => {},
      scheduler: {
        now: () => {
          readings++;
          return scheduler.now();
        },
        wallMs: () => 0,
        after: (ms, fn) => scheduler.after(ms, fn),
        afterIo: (fn) => scheduler.afterIo(fn),
        lastStallMs: 0,
      },
    };
    const budget = new RetryBudget({ name: 'orders' }, counting);
    requests(budget, 2_560);
    expect(readings).toBe(1 + 10);
  });

  test('never more than ratio x requests + perSecond x seconds and what was held before; never less than nothing', async () => {
    const step = fc.record({ wait: fc.nat(5_000), requests: fc.nat(600), tries: fc.nat(200) });
    const options = fc.record({
      ratio: fc.double({ min: 0, max: 1, noNaN: true }),
      perSecond: fc.nat(50),
      windowMs: fc.integer({ min: 1, max: 20_000 }),
    });
    await fc.assert(
      fc.asyncProperty(options, fc.array(step, { maxLength: 30 }), async (chosen, steps) => {
        const { env, budget } = setUp(chosen);
        const { ratio, perSecond, windowMs } = chosen;
        const start = budget.report().available;
        let made = 0;
        let got = 0;
        for (const { wait, requests: count, tries } of steps) {
          await env.advance(wait);
          requests(budget, count);
          made += count;
          got += retries(budget, tries);
          const seconds = env.scheduler.now() / 1_000;
          expect(got).toBeLessThanOrEqual(start + ratio * made + perSecond * seconds + 1e-6);
          const { available } = budget.report();
          expect(available).toBeGreaterThanOrEqual(0);
          expect(available).toBeLessThanOrEqual((perSecond * windowMs) / 1_000 + ratio * made + 1e-6);
        }
        expect(env.pendingTimers).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  test('how often it is settled makes no difference', async () => {
    const held = async (readings: number): Promise<number> => {
      const { env, budget } = setUp({ ratio: 0 });
      retries(budget, 100);
      for (let i = 0; i < readings; i++) {
        await env.advance(20_000 / readings);
        budget.report();
      }
      return budget.report().available;
    };
    const once = await held(1);
    expect(once).toBeCloseTo(100 * (1 - Math.exp(-2)), 6);
    expect(await held(1_000)).toBeCloseTo(once, 6);
  });

  test('wrong options are refused, all at once', () => {
    const make = (options: object): unknown => new RetryBudget(options as RetryBudgetOptions);
    const wrong = { ratio: 2, perSecond: -1, windowMs: 0, window: 1 };
    expect(() => make(wrong)).toThrow(OptionsError);
    expect(() => make(wrong)).toThrow("Retry budget '(without a name)' has 5 options");
    expect(() => make({ name: 'n', ratio: undefined })).not.toThrow();
  });
});
