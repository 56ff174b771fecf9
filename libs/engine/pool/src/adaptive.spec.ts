import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { AdaptiveSizer, type AdaptiveSizes } from './index.js';

const MINUTE = 60_000;

/** A pool that has what the sizer says, read every 250 ms; gives the sizes at each second. */
class Run {
  now = 0;
  readonly sizes: number[] = [];
  readonly sizer: AdaptiveSizer;

  constructor(options: Partial<AdaptiveSizes> = {}, size?: number) {
    this.sizer = new AdaptiveSizer({ floor: 2, ceiling: 40, ...options }, size);
  }

  for(ms: number, demand: (now: number) => number): this {
    for (const end = this.now + ms; this.now < end; this.now += 250) {
      const wanted = demand(this.now);
      const leased = Math.min(wanted, this.sizer.target);
      this.sizes.push(this.sizer.sample(leased, wanted - leased, this.now));
    }
    return this;
  }
}

describe('AdaptiveSizer', () => {
  test('grows within seconds to what makes the target utilisation, and stays', () => {
    const run = new Run();
    run.for(4_000, () => 14);
    expect(run.sizer.target).toBe(2);
    run.for(20_000, () => 14);
    expect(run.sizer.target).toBe(20);
    run.for(10 * MINUTE, () => 14);
    expect(run.sizer.target).toBe(20);
  });

  test('shrinks within minutes, and no further than the floor', () => {
    const run = new Run({ floor: 4 }, 40);
    run.for(2.5 * MINUTE, () => 3);
    expect(run.sizer.target).toBe(40);
    run.for(1 * MINUTE, () => 3);
    expect(run.sizer.target).toBe(31);
    run.for(30 * MINUTE, () => 3);
    // 3 of 13 are more than a fifth.
    expect(run.sizer.target).toBe(13);
    run.for(60 * MINUTE, () => 0);
    expect(run.sizer.target).toBe(4);
  });

  test('case 25: is bounded by the configured ceiling, however long it grows and however it got there', () => {
    const run = new Run({ floor: 2, ceiling: 20 }, 10);
    run.for(60 * MINUTE, () => 10_000);
    expect(run.sizer.target).toBe(20);
    run.for(60 * MINUTE, () => 0).for(60 * MINUTE, () => 10_000);
    expect(run.sizer.target).toBe(20);
    expect(Math.max(...run.sizes)).toBe(20);
    expect(new AdaptiveSizer({ floor: 2, ceiling: 20 }, 1_000).target).toBe(20);
  });

  test('takes steps of at most a quarter of what is configured', () => {
    const { sizes } = new Run().for(5 * MINUTE, () => 10_000).for(30 * MINUTE, () => 0);
    const steps = sizes.map((size, i) => Math.abs(size - (sizes[i - 1] ?? 2)));
    expect(Math.max(...steps)).toBe(10);
  });

  test('leaves the size alone within the band', () => {
    for (const demand of [3, 7]) {
      const { sizes } = new Run({}, 10).for(60 * MINUTE, () => demand);
      expect(new Set(sizes)).toEqual(new Set([10]));
    }
  });

  test('does not act on a burst, nor on a lull, nor on a load that swings', () => {
    const burst = new Run({}, 10).for(10 * MINUTE, (now) => (now % 30_000 < 1_000 ? 40 : 4));
    expect(burst.sizer.target).toBe(10);
    const lull = new Run({}, 10).for(30 * MINUTE, (now) => (now % (3 * MINUTE) < 2 * MINUTE ? 0 : 7));
    expect(lull.sizer.target).toBe(10);
    const { sizes } = new Run().for(60 * MINUTE, (now) => (now % 10_000 < 5_000 ? 12 : 16));
    const changes = sizes.filter((size, i) => i > 0 && size !== sizes[i - 1]);
    expect(changes.length).toBeLessThan(5);
  });

  test('never acts on one reading, however much time it stands for', () => {
    const sizer = new AdaptiveSizer({ floor: 2, ceiling: 40 }, 10);
    sizer.sample(4, 0, 0);
    expect(sizer.sample(10, 1_000, 3_600_000)).toBe(10);
    expect(sizer.sample(10, 1_000, 7_200_000)).toBe(10);
    for (let i = 0; i < 4; i++) sizer.sample(5, 0, 7_200_000 + i);
    expect(sizer.target).toBe(10);
    const many = new AdaptiveSizer({ floor: 2, ceiling: 40 }, 10);
    for (let i = 0; i < 10_000; i++) many.sample(10, 1_000, 0);
    expect(many.target).toBe(10);
  });

  test('is not disturbed by a clock that stands still or by sizes that make no sense', () => {
    expect(new AdaptiveSizer({ floor: 3, ceiling: 9 }, Number.NaN).target).toBe(3);
    expect(new AdaptiveSizer({ floor: 3, ceiling: 9 }).target).toBe(3);
    const fixed = new Run({ floor: 5, ceiling: 5 }).for(MINUTE, () => 100);
    expect(fixed.sizer.target).toBe(5);
  });

  test('refuses options that make no sense, all at once', () => {
    const given = {
      floor: 9,
      ceiling: 3,
      targetUtilization: 0.9,
      growAfterMs: 0,
      shrinkBelow: 0.95,
      grow: 1,
    };
    expect(() => new AdaptiveSizer(given as never)).toThrow(
      /adaptive.grow: is unknown[^]*floor: must not be more than ceiling \(3\)[^]*targetUtilization: must not be more than growAbove[^]*shrinkBelow: must be less[^]*growAfterMs: /,
    );
    expect(() => new AdaptiveSizer({} as never)).toThrow(
      /adaptive.floor: must be[^]*adaptive.ceiling: must be/,
    );
  });

  test('stays between floor and ceiling whatever it reads', () => {
    const reading = fc.tuple(fc.nat(500), fc.nat(500), fc.nat(20_000));
    fc.assert(
      fc.property(fc.nat(20), fc.nat(50), fc.array(reading, { maxLength: 300 }), (low, range, readings) => {
        const floor = low + 1;
        const sizer = new AdaptiveSizer({ floor, ceiling: floor + range, shrinkAfterMs: 20_000 });
        let now = 0;
        const wrong = readings.filter(([leased, waiting, pause]) => {
          const size = sizer.sample(leased, waiting, (now += pause));
          return !(Number.isInteger(size) && size >= floor && size <= floor + range);
        });
        expect(wrong).toEqual([]);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
