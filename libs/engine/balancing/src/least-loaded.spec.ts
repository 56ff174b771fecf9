import { describe, expect, test } from '@jest/globals';
import { VirtualEnv } from '@nest-pooling/core/testing';
import * as fc from 'fast-check';
import { LeastLoaded } from './least-loaded.js';
import type { Candidate } from './strategy.js';

const node = (id: string, load = 0, weight = 1): Candidate => ({ id, load, weight });
const score = ({ load, weight }: Candidate): number => (load + 1) / weight;
const isIdle = ({ load }: Candidate): boolean => load === 0;
const make = (): LeastLoaded => new LeastLoaded(new VirtualEnv().random);
const count = (ids: readonly string[], id: string): number => ids.filter((other) => other === id).length;
const times = (n: number, fn: () => Candidate | undefined): string[] =>
  Array.from({ length: n }, () => fn()!.id);

describe('LeastLoaded', () => {
  test('case 34: equal scores rotate strictly, they do not always choose the first', () => {
    const strategy = make();
    const ids = times(9, () => strategy.pick([node('a'), node('b'), node('c')]));
    expect(new Set(ids.slice(0, 3)).size).toBe(3);
    expect(ids.slice(3, 6)).toEqual(ids.slice(0, 3));
    expect(ids.slice(6)).toEqual(ids.slice(0, 3));
  });

  test('case 34: ties among some of the nodes are shared equally, whatever stands between them', () => {
    const strategy = make();
    const ids = times(20, () => strategy.pick([node('a'), node('busy', 5), node('b'), node('busier', 9)]));
    expect(count(ids, 'a')).toBe(10);
    expect(count(ids, 'b')).toBe(10);
  });

  test('case 34: ties in lists that take turns starve nobody', () => {
    const strategy = make();
    const [a, b, c] = [node('a'), node('b'), node('c')];
    for (const lists of [
      [
        [a, b, c],
        [a, b],
      ],
      [
        [a, b],
        [b, c],
      ],
      [
        [a, b],
        [a, c],
      ],
    ]) {
      let turn = 0;
      const ids = times(600, () => strategy.pick(lists[turn++ % 2]!));
      for (const id of ['a', 'b', 'c']) expect(count(ids, id)).toBeGreaterThan(60);
    }
  });

  test('idle nodes share by weight: one that slowly returns is not starved by a light load', () => {
    const strategy = make();
    const ids = times(2_000, () => strategy.pick([node('returning', 0, 0.1), node('busy', 3), node('full')]));
    expect(count(ids, 'busy')).toBe(0);
    expect(count(ids, 'returning')).toBeGreaterThan(100);
    expect(count(ids, 'returning')).toBeLessThan(300);
  });

  test('the work about to be given counts', () => {
    const strategy = make();
    expect(strategy.pick([node('small', 0, 1), node('large', 2, 2)])!.id).toBe('small');
    expect(strategy.pick([node('small', 0, 1), node('large', 2, 10)])!.id).toBe('large');
  });

  test('nobody that could serve has a lower score, unless both are idle', () => {
    const candidate = fc.record({
      id: fc.string(),
      load: fc.nat(50),
      weight: fc.double({ min: 0.1, max: 10, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(fc.array(candidate, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 10 }),
        (lists) => {
          const strategy = make();
          for (const list of lists) {
            const chosen = strategy.pick(list)!;
            const rivals = chosen.load === 0 ? list.filter(({ load }) => load > 0) : list;
            for (const rival of rivals) {
              // An idle one stands for all that are idle, so the best of them is what counts.
              const best = chosen.load === 0 ? Math.min(...list.filter(isIdle).map(score)) : score(chosen);
              expect(best).toBeLessThanOrEqual(score(rival));
            }
          }
        },
      ),
    );
  });

  test('load is read at each pick: work that is never finished is spread by weight', () => {
    const strategy = make();
    const nodes = [
      { id: 'a', load: 0, weight: 1 },
      { id: 'b', load: 0, weight: 3 },
    ];
    for (let i = 0; i < 400; i++) strategy.pick(nodes)!.load++;
    expect(nodes[0]!.load).toBeGreaterThan(97);
    expect(nodes[0]!.load).toBeLessThan(103);
  });
});
