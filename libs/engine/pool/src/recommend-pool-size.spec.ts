import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { erlangC } from './erlang.js';
import { recommendPoolSize } from './index.js';

/** The waits of an M/M/c queue, by playing it: each caller takes the server that is free first. */
function play(servers: number, erlangs: number, callers: number, seed: number): number[] {
  const { random } = new VirtualEnv(seed);
  const spread = (): number => -Math.log(1 - random());
  const free = new Array<number>(servers).fill(0);
  const waits: number[] = [];
  let now = 0;
  for (let i = 0; i < callers; i++) {
    now += spread() / erlangs;
    const first = free.indexOf(Math.min(...free));
    const start = Math.max(now, free[first]!);
    waits.push(start - now);
    free[first] = start + spread();
  }
  return waits.toSorted((a, b) => a - b);
}

/** By the textbook's sum of factorials; good for small numbers only. */
function textbook(servers: number, erlangs: number): number {
  let term = 1;
  let sum = 0;
  for (let n = 0; n < servers; n++) {
    sum += term;
    term *= erlangs / (n + 1);
  }
  const last = (term * servers) / (servers - erlangs);
  return last / (sum + last);
}

describe('Erlang C', () => {
  test.each([
    [1, 0.5, 0.5],
    [2, 1, 1 / 3],
    [3, 2, 0.4444],
    [5, 4, 0.5541],
    [10, 8, 0.4092],
    [11, 10, 0.6821],
  ])('of %p servers at %p erlangs is %p, as in the tables', (servers, erlangs, expected) => {
    expect(erlangC(servers, erlangs)).toBeCloseTo(expected, 4);
  });

  test('is what the textbook sums up, and stays a probability where that overflows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (servers, share) => {
          expect(erlangC(servers, servers * share)).toBeCloseTo(textbook(servers, servers * share), 9);
        },
      ),
      { seed: 1, numRuns: 500 },
    );
    const large = erlangC(10_000, 9_900);
    expect(large).toBeGreaterThan(0.2);
    expect(large).toBeLessThan(0.3);
    expect(erlangC(5, 5)).toBe(1);
    expect(erlangC(5, 0)).toBe(0);
  });
});

describe('recommendPoolSize', () => {
  test('case 33: divides by the utilisation', () => {
    expect(recommendPoolSize({ concurrency: 100, targetUtilization: 0.7 }).size).toBe(143);
    expect(recommendPoolSize({ concurrency: 70 }).size).toBe(100);
    expect(recommendPoolSize({ concurrency: 0.3 * 3, targetUtilization: 0.3 }).size).toBe(3);
  });

  test('case 33: a size that would saturate is more than the load', () => {
    expect(recommendPoolSize({ concurrency: 50, targetUtilization: 1 }).size).toBe(51);
    expect(recommendPoolSize({ concurrency: 50.5, targetUtilization: 1 }).size).toBe(51);
    expect(recommendPoolSize({ arrivalsPerSecond: 1_000, serviceMs: 50 }).size).toBeGreaterThan(50);
  });

  test('knows the load by Little: arrivals times holding time', () => {
    const advice = recommendPoolSize({ arrivalsPerSecond: 200, serviceMs: 20, targetUtilization: 0.8 });
    expect(advice).toMatchObject({ size: 5, limited: false, utilization: 0.8 });
    expect(advice.waitProbability).toBeCloseTo(0.5541, 4);
    expect(advice.meanWaitMs).toBeCloseTo(0.5541 * 20, 2);
    expect(advice.p50WaitMs).toBeCloseTo(Math.log(0.5541 / 0.5) * 20, 2);
    expect(advice.p99WaitMs).toBeCloseTo(Math.log(55.41) * 20, 2);
  });

  test('grows until the wait is short enough, and not further', () => {
    const load = { arrivalsPerSecond: 200, serviceMs: 20, targetUtilization: 0.9 };
    const { size, p99WaitMs } = recommendPoolSize({ ...load, p99WaitMs: 10 });
    expect(p99WaitMs).toBeLessThanOrEqual(10);
    expect(recommendPoolSize({ ...load, max: size - 1 }).p99WaitMs).toBeGreaterThan(10);
    expect(recommendPoolSize({ ...load, p99WaitMs: 0 }).p99WaitMs).toBe(0);
  });

  test('says so when the bound keeps it too small, and what that costs', () => {
    const load = { arrivalsPerSecond: 1_000, serviceMs: 50 };
    expect(recommendPoolSize({ ...load, max: 60 })).toMatchObject({ size: 60, limited: true });
    expect(recommendPoolSize({ ...load, max: 50 })).toEqual({
      size: 50,
      limited: true,
      utilization: 1,
      waitProbability: 1,
      meanWaitMs: Infinity,
      p50WaitMs: Infinity,
      p99WaitMs: Infinity,
    });
  });

  test('tells no milliseconds where none were told, and one resource for no load', () => {
    expect(recommendPoolSize({ concurrency: 5 }).p99WaitMs).toBeUndefined();
    expect(recommendPoolSize({ arrivalsPerSecond: 0, serviceMs: 50 })).toMatchObject({
      size: 1,
      p99WaitMs: 0,
    });
  });

  test('refuses what makes no sense, all at once', () => {
    expect(() => recommendPoolSize({})).toThrow('either this or arrivalsPerSecond');
    expect(() => recommendPoolSize({ arrivalsPerSecond: 5 })).toThrow('serviceMs: is required');
    expect(() => recommendPoolSize({ concurrency: 5, p99WaitMs: 5 })).toThrow('serviceMs: is required');
    expect(() => recommendPoolSize({ arrivalsPerSecond: 1e9, serviceMs: 1e9 })).toThrow(
      'a load of more than',
    );
    const all = { concurrency: -1, serviceMs: -1, targetUtilization: 70, max: 0.5, consurrency: 1 };
    expect(() => recommendPoolSize(all)).toThrow(
      /consurrency: is unknown; did you mean concurrency[^]*serviceMs[^]*concurrency[^]*targetUtilization[^]*max/,
    );
  });

  test.each([
    [5, 3.5],
    [10, 8],
    [20, 17],
  ])('predicts what a queue of %p servers at %p erlangs does when it is played', (servers, erlangs) => {
    const advice = recommendPoolSize({
      concurrency: erlangs,
      serviceMs: 1,
      max: servers,
      targetUtilization: 0.5,
    });
    const waits = play(servers, erlangs, 400_000, 7);
    const mean = waits.reduce((a, b) => a + b, 0) / waits.length;
    const share = waits.filter((wait) => wait > 0).length / waits.length;
    const near = (got: number, expected: number): void => {
      expect(Math.abs(got / expected - 1)).toBeLessThan(0.06);
    };
    near(share, advice.waitProbability);
    near(mean, advice.meanWaitMs!);
    near(waits[Math.ceil(waits.length * 0.99) - 1]!, advice.p99WaitMs!);
  });

  test('is never below the load and never smaller for more of it', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 2_000, noNaN: true }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (concurrency, targetUtilization) => {
          const { size, utilization } = recommendPoolSize({ concurrency, targetUtilization });
          expect(size).toBeGreaterThan(concurrency);
          expect(utilization).toBeLessThanOrEqual(targetUtilization + 1e-9);
          const more = recommendPoolSize({ concurrency: concurrency * 1.1, targetUtilization }).size;
          expect(more).toBeGreaterThanOrEqual(size);
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });
});
