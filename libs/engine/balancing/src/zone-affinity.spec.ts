import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { createStrategy, strategyNames, type BalancingStrategy, type StrategyName } from './index.js';
import type { Candidate } from './strategy.js';
import { ZoneAffinity } from './zone-affinity.js';

interface Node {
  readonly id: string;
  readonly zone: string | undefined;
  load: number;
  weight: number;
}
const node = (id: string, zone?: string, load = 0, weight = 1): Node => ({ id, zone, load, weight });
const near = (name: StrategyName, options: object = {}): BalancingStrategy =>
  createStrategy(name, new VirtualEnv().random, { affinity: { zone: 'a', ...options } });
const ids = (n: number, strategy: BalancingStrategy, list: readonly Node[]): string[] =>
  Array.from({ length: n }, () => strategy.pick(list)!.id);

describe('zone affinity', () => {
  test.each(strategyNames)(
    '%s: idle, only nodes of our zone serve, and the strategy chooses among them',
    (name) => {
      const list = [node('b1', 'b'), node('a1', 'a'), node('none'), node('a2', 'a')];
      expect([...new Set(ids(100, near(name), list))].toSorted()).toEqual(['a1', 'a2']);
    },
  );

  test.each(strategyNames)('%s: nobody is there in our zone, so all others serve', (name) => {
    const list = [node('b1', 'b'), node('c1', 'c'), node('none')];
    expect(new Set(ids(200, near(name), list)).size).toBe(3);
  });

  test('it keeps the name of the strategy', () => {
    expect(near('p2c').name).toBe('p2c');
  });

  test('a few calls in hand are no reason to leave, twice the load elsewhere is', () => {
    const strategy = near('least-loaded');
    const list = [node('a1', 'a', 4), node('b1', 'b')];
    expect(ids(20, strategy, list)).not.toContain('b1');
    list[0]!.load = 5;
    expect(strategy.pick(list)!.id).toBe('b1');
    list[1]!.load = 2;
    expect(strategy.pick(list)!.id).toBe('a1');
  });

  test('one free node of our zone is enough to stay', () => {
    const list = [node('a1', 'a', 100), node('a2', 'a', 1), node('b1', 'b')];
    expect(new Set(ids(20, near('least-loaded'), list))).toEqual(new Set(['a2']));
  });

  test('the overflow is spread, the zone does not move as a whole', () => {
    const strategy = near('least-loaded');
    const list = [node('a1', 'a'), node('b1', 'b'), node('b2', 'b')];
    for (let i = 0; i < 120; i++) strategy.pick(list)!.load++;
    expect(list[0]!.load).toBeGreaterThanOrEqual(list[1]!.load);
    expect((list[0]!.load + 1) / (Math.min(list[1]!.load, list[2]!.load) + 1)).toBeLessThanOrEqual(2.1);
    expect(list[1]!.load).toBeGreaterThan(20);
  });

  test('our only node slowly returns: it does not get the work of the whole zone', () => {
    const list = [node('a1', 'a', 0, 0.1), node('b1', 'b'), node('b2', 'b')];
    const served = ids(2_100, near('round-robin'), list);
    expect(served.filter((id) => id === 'a1')).toHaveLength(100);
  });

  test('load is counted per share of the heaviest node, whatever numbers the weights are', () => {
    for (const unit of [0.01, 1, 50]) {
      const list = [node('a1', 'a', 4, unit), node('b1', 'b', 0, unit)];
      expect(near('least-loaded').pick(list)!.id).toBe('a1');
      list[0]!.load = 5;
      expect(near('least-loaded').pick(list)!.id).toBe('b1');
    }
  });

  test('lists that shrink: nobody of an earlier list is chosen', () => {
    const strategy = near('round-robin');
    const list = [node('a1', 'a'), node('a2', 'a'), node('a3', 'a'), node('b1', 'b')];
    ids(5, strategy, list);
    expect(new Set(ids(10, strategy, [list[1]!, list[3]!]))).toEqual(new Set(['a2']));
  });

  test('what is learned is learned by the strategy', () => {
    const strategy = near('fastest');
    expect(strategy.timed).toBe(true);
    const list = [node('a1', 'a'), node('a2', 'a')];
    strategy.observe!(list[0]!, 100, 'answered', 0);
    strategy.observe!(list[1]!, 1, 'answered', 0);
    expect(ids(10, strategy, list)).toEqual(Array(10).fill('a2'));
    strategy.forget!(list[0]!);
    expect(strategy.pick(list)!.id).toBe('a1');
    expect(() => near('random').observe!(list[0]!, 1, 'answered', 0)).not.toThrow();
  });

  test('the strategy sees our zone alone while its least loaded node is within the limits, all nodes when it is beyond them', () => {
    const candidate = fc.record({
      id: fc.uuid(),
      zone: fc.constantFrom('a', 'b', undefined),
      load: fc.nat(30),
      weight: fc.constantFrom(0.1, 0.5, 1, 2),
    });
    fc.assert(
      fc.property(fc.array(candidate, { minLength: 1, maxLength: 6 }), (list) => {
        let seen: readonly Candidate[] = [];
        const inner: BalancingStrategy = {
          name: 'spy',
          pick: (candidates) => {
            seen = [...candidates];
            return candidates[0];
          },
        };
        new ZoneAffinity(inner, { zone: 'a' }).pick(list);
        const ours = list.filter(({ zone }) => zone === 'a');
        const least = (nodes: readonly { load: number; weight: number }[]): number =>
          Math.min(...nodes.map(({ load, weight }) => (load + 1) / weight));
        const others = least(list.filter(({ zone }) => zone !== 'a'));
        const heaviest = Math.max(...list.map(({ weight }) => weight));
        const within = least(ours) * heaviest <= 5 || least(ours) <= 2 * others;
        expect(seen).toEqual(ours.length > 0 && within ? ours : list);
      }),
    );
  });
});
