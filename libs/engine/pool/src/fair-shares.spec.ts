import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { fairShares, type Demand } from './fair-shares.js';

const wants = (...demands: number[]): Demand[] => demands.map((demand) => ({ held: 0, least: 0, demand }));

describe('fair shares', () => {
  test('give everybody what he demands when there is enough', () => {
    expect(fairShares(10, wants(1, 2, 3))).toEqual([1, 2, 3]);
  });

  test('leave the modest theirs and divide the rest', () => {
    expect(fairShares(10, wants(1, 20, 30, 2))).toEqual([1, 4, 3, 2]);
  });

  test('give what cannot be divided to one who holds it', () => {
    const demands = [3, 3, 4].map((held) => ({ held, least: 0, demand: 9 }));
    expect(fairShares(10, demands)).toEqual([3, 3, 4]);
  });

  test('give guarantees first', () => {
    const demands = [
      { held: 0, least: 5, demand: 6 },
      { held: 8, least: 0, demand: 9 },
      { held: 0, least: 0, demand: 9 },
    ];
    expect(fairShares(8, demands)).toEqual([5, 2, 1]);
    expect(fairShares(3, demands)).toEqual([5, 0, 0]);
  });

  test('are max-min fair, waste nothing and exceed nothing', () => {
    const demand = fc
      .tuple(fc.nat(20), fc.nat(20), fc.nat(5))
      .map(([held, want, least]) => ({ held, demand: held + want, least: Math.min(least, held + want) }));
    fc.assert(
      fc.property(fc.nat(60), fc.array(demand, { minLength: 1, maxLength: 8 }), (capacity, demands) => {
        const shares = fairShares(capacity, demands);
        const sum = shares.reduce((a, b) => a + b, 0);
        const least = demands.reduce((a, d) => a + d.least, 0);
        const wanted = demands.reduce((a, d) => a + d.demand, 0);
        expect(sum).toBe(Math.max(least, Math.min(capacity, wanted)));
        const unfair = shares.filter((share, i) => {
          const { least: own, demand: all } = demands[i]!;
          if (share < own || share > all) return true;
          // Who did not get all has as much as anybody who has more than his guarantee, but for one.
          return share < all && shares.some((other, j) => other > demands[j]!.least && other > share + 1);
        });
        expect(unfair).toEqual([]);
      }),
      { numRuns: 2_000, seed: 1 },
    );
  });
});
