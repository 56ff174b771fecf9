import { describe, expect, test } from '@jest/globals';
import { VirtualEnv } from '@nest-pooling/core/testing';
import * as fc from 'fast-check';
import { WeightedRandom } from './random.js';

const list = (...weights: number[]): { id: string; weight: number; load: number }[] =>
  weights.map((weight, i) => ({ id: `n${i}`, weight, load: 0 }));

describe('WeightedRandom', () => {
  test('the bounds of chance fall on the right node', () => {
    let chance = 0;
    const strategy = new WeightedRandom(() => chance);
    const at = (value: number): string => {
      chance = value;
      return strategy.pick(list(1, 2, 1))!.id;
    };
    expect([0, 0.2499, 0.25, 0.7499, 0.75, 1 - 2 ** -53].map(at)).toEqual([
      'n0',
      'n0',
      'n1',
      'n1',
      'n2',
      'n2',
    ]);
  });

  test('shares follow the weights over a long run', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 2, maxLength: 5 }),
        fc.integer(),
        (weights, seed) => {
          const strategy = new WeightedRandom(new VirtualEnv(seed).random);
          const nodes = list(...weights);
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          const served = new Map(nodes.map(({ id }) => [id, 0]));
          const picks = 4_000;
          for (let i = 0; i < picks; i++) {
            const { id } = strategy.pick(nodes)!;
            served.set(id, served.get(id)! + 1);
          }
          for (const { id, weight } of nodes) {
            const share = weight / total;
            const slack = 6 * Math.sqrt(picks * share * (1 - share)) + 1;
            expect(Math.abs(served.get(id)! - picks * share)).toBeLessThan(slack);
          }
        },
      ),
      // Chance is what is tested: a seed, so that it never fails by chance.
      { numRuns: 40, seed: 7 },
    );
  });

  test('chance is not asked when there is no choice', () => {
    const strategy = new WeightedRandom(() => {
      throw new Error('asked');
    });
    expect(strategy.pick(list(1))!.id).toBe('n0');
  });
});
