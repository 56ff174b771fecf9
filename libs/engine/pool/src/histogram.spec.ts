import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Histogram } from './index.js';

const duration = fc.oneof(
  fc.double({ min: 0, max: 0.2, noNaN: true }),
  fc.double({ min: 0.1, max: 50, noNaN: true }),
  fc.double({ min: 0, max: 29_999, noNaN: true }),
);

function of(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

/** By sorting: the nearest rank. */
function exact(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil((p / 100) * sorted.length)) - 1]!;
}

describe('Histogram', () => {
  test('is empty at first and after a reset', () => {
    const empty = { count: 0, sum: 0, mean: 0, min: 0, max: 0, p50: 0, p90: 0, p95: 0, p99: 0, p999: 0 };
    const histogram = new Histogram();
    expect(histogram.snapshot()).toEqual(empty);
    histogram.record(5);
    histogram.reset();
    expect(histogram.snapshot()).toEqual(empty);
    histogram.record(7);
    expect([histogram.min, histogram.max, histogram.percentile(50)]).toEqual([7, 7, 7]);
  });

  test('gives percentiles within 1/64, or 2 µs, of what sorting gives; the rest exactly', () => {
    fc.assert(
      fc.property(
        fc.array(duration, { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0, 1, 25, 50, 90, 99, 99.9, 100),
        (values, p) => {
          const histogram = of(values);
          const right = exact(values, p);
          expect(Math.abs(histogram.percentile(p) - right)).toBeLessThanOrEqual(
            Math.max(right / 64, 1 / 512),
          );
          expect(histogram.count).toBe(values.length);
          expect(histogram.sum).toBe(values.reduce((a, b) => a + b, 0));
          expect(histogram.mean).toBe(histogram.sum / values.length);
          expect([histogram.min, histogram.max]).toEqual([Math.min(...values), Math.max(...values)]);
        },
      ),
      { seed: 1, numRuns: 3_000 },
    );
  });

  test('never turns percentiles round', () => {
    fc.assert(
      fc.property(fc.array(duration, { minLength: 1, maxLength: 100 }), (values) => {
        const { min, p50, p90, p95, p99, p999, max } = of(values).snapshot();
        const all = [min, p50, p90, p95, p99, p999, max];
        expect(all).toEqual(all.toSorted((a, b) => a - b));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test('merged is as if all had been recorded in one; also with itself', () => {
    fc.assert(
      fc.property(fc.array(duration, { maxLength: 50 }), fc.array(duration, { maxLength: 50 }), (a, b) => {
        const merged = of(a);
        const other = of(b);
        merged.merge(other);
        const { sum, mean, ...rest } = merged.snapshot();
        const one = of([...a, ...b]).snapshot();
        expect(rest).toEqual({ ...one, sum: undefined, mean: undefined });
        expect(sum).toBeCloseTo(one.sum, 6);
        expect(mean).toBeCloseTo(one.mean, 6);
        expect(other.count).toBe(b.length);
      }),
      { seed: 1, numRuns: 300 },
    );
    const twice = of([1, 2, 3]);
    twice.merge(twice);
    expect([twice.count, twice.sum, twice.max]).toEqual([6, 12, 3]);
  });

  test('counts what is longer than 30 s and knows how long it was', () => {
    const histogram = of([1, 2, 30_000, 3_600_000]);
    expect(histogram.percentile(50)).toBeCloseTo(2, 1);
    expect(histogram.percentile(75)).toBe(3_600_000);
    expect([histogram.max, histogram.sum]).toEqual([3_600_000, 3_630_003]);
    expect(histogram.countUpTo(29_000)).toBe(2);
    expect(histogram.countUpTo(Infinity)).toBe(4);
  });

  test('is not spoilt by what is no duration', () => {
    const histogram = of([Number.NaN, -5, Infinity, undefined as never]);
    expect(histogram.snapshot()).toMatchObject({ count: 4, sum: 30_000, min: 0, max: 30_000, p50: 1 / 512 });
  });

  test('tells how many are not greater, for buckets with bounds of somebody else', () => {
    const histogram = of([0.05, 0.5, 5, 50, 500, 5_000]);
    expect([0, 0.1, 1, 10, 100, 1_000, 10_000].map((ms) => histogram.countUpTo(ms))).toEqual([
      0, 1, 2, 3, 4, 5, 6,
    ]);
  });

  test('refuses a percentile that is none', () => {
    for (const p of [-1, 101, Number.NaN]) expect(() => new Histogram().percentile(p)).toThrow('p: must be');
  });
});
