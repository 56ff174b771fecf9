import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { RoundRobin } from './round-robin.js';
import type { Candidate } from './strategy.js';

const node = (id: string, weight = 1): Candidate => ({ id, weight, load: 0 });
const times = (n: number, fn: () => Candidate | undefined): string =>
  Array.from({ length: n }, () => fn()!.id).join(' ');
const [a, b, c] = [node('a'), node('b'), node('c')];

describe('RoundRobin', () => {
  test('equal weights: strictly in turn, also when the objects are new at each pick', () => {
    const strategy = new RoundRobin();
    expect(times(7, () => strategy.pick([node('a', 2), node('b', 2), node('c', 2)]))).toBe('a b c a b c a');
  });

  test('weights 5, 1, 1 are spread smoothly', () => {
    const strategy = new RoundRobin();
    const list = [node('a', 5), b, c];
    expect(times(14, () => strategy.pick(list))).toBe('a a b a c a a a a b a c a a');
  });

  test('a node that leaves is not chosen, the others go on in turn', () => {
    const strategy = new RoundRobin();
    times(100, () => strategy.pick([a, b, c]));
    const after = times(20, () => strategy.pick([a, c])).split(' ');
    expect(after.filter((id) => id === 'a')).toHaveLength(10);
    expect(after).not.toContain('b');
  });

  test('the share of a weight that changes follows it at once', () => {
    const strategy = new RoundRobin();
    const slow = { id: 'b', weight: 0.1, load: 0 };
    times(50, () => strategy.pick([a, slow]));
    slow.weight = 1;
    expect(times(10, () => strategy.pick([a, slow])).match(/b/g)).toHaveLength(5);
    slow.weight = 0.25;
    expect(times(100, () => strategy.pick([a, slow])).match(/b/g)).toHaveLength(20);
  });

  test('a long list of weighted nodes is fair: never further than one round from its share', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 500 }), (shares, picks) => {
        const strategy = new RoundRobin();
        const list = shares.map((weight, i) => node(`n${i}`, weight));
        const total = shares.reduce((sum, weight) => sum + weight, 0);
        const served = new Map<string, number>();
        for (let i = 0; i < picks; i++) {
          const { id } = strategy.pick(list)!;
          served.set(id, (served.get(id) ?? 0) + 1);
        }
        for (const { id, weight } of list) {
          const due = (picks * weight) / total;
          expect(Math.abs((served.get(id) ?? 0) - due)).toBeLessThan(list.length);
        }
      }),
    );
  });

  test('lists that take turns starve nobody', () => {
    const strategy = new RoundRobin();
    const served: Record<string, number> = { a: 0, b: 0, c: 0 };
    for (let i = 0; i < 300; i++) {
      served[strategy.pick([a, b, c])!.id]!++;
      served[strategy.pick([a, b])!.id]!++;
      served[strategy.pick([b, c])!.id]!++;
    }
    for (const count of Object.values(served)) expect(count).toBeGreaterThan(250);
  });

  test('any mixture of lists: who is always there gets at least near its share of the fullest list', () => {
    const present = fc.array(fc.subarray(['b', 'c', 'd'], { minLength: 1 }), {
      minLength: 200,
      maxLength: 200,
    });
    fc.assert(
      fc.property(present, (lists) => {
        const strategy = new RoundRobin();
        let served = 0;
        for (const ids of lists) if (strategy.pick(['a', ...ids].map((id) => node(id)))!.id === 'a') served++;
        expect(served).toBeGreaterThan(200 / 4 - 8);
      }),
      { numRuns: 50 },
    );
  });

  test('nodes that come and go are forgotten, and neither favoured nor starved', () => {
    const strategy = new RoundRobin();
    for (let generation = 0; generation < 2_000; generation++) {
      const list = [node('stays', 3), node(`pod-${generation}`), node(`pod-${generation + 1}`)];
      // An odd number of picks leaves with debts, which would add up.
      times(3, () => strategy.pick(list));
    }
    expect(strategy.remembered).toBeLessThanOrEqual(64);
    const list = [node('stays', 3), node('new-1'), node('new-2')];
    const last = times(50, () => strategy.pick(list));
    expect(last.match(/stays/g)!.length).toBeGreaterThanOrEqual(27);
    expect(last.match(/stays/g)!.length).toBeLessThanOrEqual(33);
  });

  test('more nodes than it remembers by default', () => {
    const strategy = new RoundRobin();
    const list = Array.from({ length: 200 }, (_, i) => node(`n${i}`, 1 + (i % 2)));
    const served = new Set(times(400, () => strategy.pick(list)).split(' '));
    expect(served.size).toBe(200);
    expect(strategy.remembered).toBe(200);
  });
});
