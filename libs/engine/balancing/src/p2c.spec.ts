import { describe, expect, test } from '@jest/globals';
import { VirtualEnv } from '@nest-pooling/core/testing';
import * as fc from 'fast-check';
import { PowerOfTwoChoices } from './p2c.js';
import type { Candidate } from './strategy.js';

const node = (id: string, load = 0, weight = 1): Candidate => ({ id, load, weight });

function shares(strategy: PowerOfTwoChoices, list: readonly Candidate[], picks: number): number[] {
  const served = new Map(list.map(({ id }) => [id, 0]));
  for (let i = 0; i < picks; i++) {
    const { id } = strategy.pick(list)!;
    served.set(id, served.get(id)! + 1);
  }
  return [...served.values()].map((count) => count / picks);
}

describe('PowerOfTwoChoices', () => {
  test('two different nodes are drawn: of two the less loaded always serves', () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.nat(50),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (a, b, chance) => {
          fc.pre(a !== b);
          const strategy = new PowerOfTwoChoices(() => chance);
          expect(strategy.pick([node('a', a), node('b', b)])!.id).toBe(a < b ? 'a' : 'b');
        },
      ),
    );
  });

  test('the most loaded node never serves while loads differ, whatever chance says', () => {
    const load = fc.uniqueArray(fc.nat(1_000), { minLength: 2, maxLength: 8 });
    const chances = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 2 });
    fc.assert(
      fc.property(load, chances, (loads, values) => {
        let at = 0;
        const strategy = new PowerOfTwoChoices(() => values[at++ % values.length]!);
        const list = loads.map((value, i) => node(`n${i}`, value));
        const most = Math.max(...loads);
        for (let i = 0; i < 20; i++) expect(strategy.pick(list)!.load).toBeLessThan(most);
      }),
    );
  });

  test('idle nodes share by weight: one that slowly returns is neither starved nor flooded', () => {
    const strategy = new PowerOfTwoChoices(new VirtualEnv(3).random);
    const [returning, full, other] = shares(strategy, [node('r', 0, 0.1), node('f'), node('o')], 20_000);
    expect(returning).toBeGreaterThan(0.035);
    expect(returning).toBeLessThan(0.065);
    expect(Math.abs(full! - other!)).toBeLessThan(0.02);
  });

  test('weight counts when they are busy', () => {
    const strategy = new PowerOfTwoChoices(() => 0);
    expect(strategy.pick([node('small', 3, 1), node('large', 5, 2)])!.id).toBe('large');
  });

  test('work that is never finished stays even, far more than by chance', () => {
    const strategy = new PowerOfTwoChoices(new VirtualEnv(5).random);
    const list = Array.from({ length: 6 }, (_, i) => ({ id: `n${i}`, load: 0, weight: 1 }));
    for (let i = 0; i < 6_000; i++) strategy.pick(list)!.load++;
    const loads = list.map(({ load }) => load);
    expect(Math.max(...loads) - Math.min(...loads)).toBeLessThan(12);
  });

  test('chance is not asked when there is no choice', () => {
    const strategy = new PowerOfTwoChoices(() => {
      throw new Error('asked');
    });
    expect(strategy.pick([node('a')])!.id).toBe('a');
  });
});
