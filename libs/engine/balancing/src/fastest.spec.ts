import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Fastest } from './fastest.js';

interface Node {
  readonly id: string;
  load: number;
  weight: number;
}
const node = (id: string, load = 0, weight = 1): Node => ({ id, load, weight });

/** A strategy that knows `costs`, all at time 0. */
function knowing(costs: Readonly<Record<string, number>>): Fastest {
  const strategy = new Fastest();
  for (const [id, ms] of Object.entries(costs)) strategy.observe(node(id), ms, 'answered', 0);
  return strategy;
}

describe('Fastest: the cost', () => {
  test('a slower sample counts at once, a faster one slowly: peak EWMA with tau 10 s', () => {
    const strategy = knowing({ a: 10 });
    strategy.observe(node('a'), 100, 'answered', 1_000);
    expect(strategy.costOf('a')).toBe(100);
    strategy.observe(node('a'), 10, 'answered', 11_000);
    expect(strategy.costOf('a')).toBeCloseTo(100 * Math.exp(-1) + 10 * (1 - Math.exp(-1)), 6);
  });

  test('a failure is charged at the time limit, or a node that refuses at once would look fast', () => {
    const strategy = new Fastest({ timeoutMs: 800 });
    strategy.observe(node('a'), 5, 'answered', 0);
    strategy.observe(node('b'), 1, 'failed', 0);
    expect(strategy.costOf('b')).toBe(800);
    strategy.observe(node('b'), 900, 'failed', 0);
    expect(strategy.costOf('b')).toBe(900);
    const list = [node('a', 50), node('b')];
    expect(strategy.pick(list)!.id).toBe('a');
  });

  test('without samples it falls with the time that others see pass, and is void in the end', () => {
    const strategy = knowing({ a: 1, b: 1_000 });
    const ages = [10_000, 20_000, 30_000].map((now) => {
      strategy.observe(node('a'), 1, 'answered', now);
      return strategy.costOf('b');
    });
    expect(ages.map((cost) => Math.round(cost))).toEqual([368, 135, 50]);
    strategy.observe(node('a'), 1, 'answered', 30_001);
    expect(strategy.costOf('b')).toBe(0);
    expect(strategy.pick([node('a'), node('b')])!.id).toBe('b');
    // And what it was before does not hold the new sample up.
    strategy.observe(node('b'), 2, 'answered', 30_002);
    expect(strategy.costOf('b')).toBe(2);
  });

  test('a cost always lies between the fastest and the slowest that was charged', () => {
    const sample = fc.record({ ms: fc.nat(2_000), wait: fc.nat(40_000), failed: fc.boolean() });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1 }), (samples) => {
        const strategy = new Fastest({ timeoutMs: 1_000 });
        let now = 0;
        const charged: number[] = [];
        for (const { ms, wait, failed } of samples) {
          now += wait;
          strategy.observe(node('a'), ms, failed ? 'failed' : 'answered', now);
          charged.push(Math.max(0.01, failed ? Math.max(ms, 1_000) : ms));
          const cost = strategy.costOf('a');
          expect(cost).toBeGreaterThanOrEqual(Math.min(...charged) - 1e-9);
          expect(cost).toBeLessThanOrEqual(Math.max(...charged) + 1e-9);
          expect(cost).toBeGreaterThanOrEqual(charged.at(-1)! - 1e-9);
        }
      }),
    );
  });

  test('a clock that is told out of order does no harm', () => {
    const strategy = knowing({ a: 10 });
    strategy.observe(node('a'), 5, 'answered', 1_000);
    const before = strategy.costOf('a');
    strategy.observe(node('a'), 5, 'answered', 500);
    expect(strategy.costOf('a')).toBeCloseTo(before, 6);
  });
});

describe('Fastest: the choice', () => {
  test('nobody has a lower cost x (load + 1) / weight', () => {
    const candidate = fc.record({
      load: fc.nat(50),
      weight: fc.double({ min: 0.1, max: 10, noNaN: true }),
      ms: fc.integer({ min: 1, max: 1_000 }),
    });
    fc.assert(
      fc.property(fc.array(candidate, { minLength: 2, maxLength: 6 }), (candidates) => {
        const list = candidates.map(({ load, weight }, i) => node(`n${i}`, load, weight));
        const strategy = knowing(Object.fromEntries(candidates.map(({ ms }, i) => [`n${i}`, ms])));
        const score = ({ id, load, weight }: Node): number => (strategy.costOf(id) * (load + 1)) / weight;
        const chosen = strategy.pick(list)!;
        for (const rival of list) expect(score(chosen)).toBeLessThanOrEqual(score(rival));
      }),
    );
  });

  test('equal ones take turns', () => {
    const strategy = knowing({ a: 5, b: 5, c: 5 });
    const list = [node('a'), node('b'), node('c')];
    expect(Array.from({ length: 7 }, () => strategy.pick(list)!.id).join('')).toBe('abcabca');
  });

  test('a node without samples is tried at once, but never flooded', () => {
    const strategy = knowing({ a: 1, b: 1 });
    const list = [node('a'), node('b'), node('new')];
    const ids = Array.from({ length: 80 }, () => strategy.pick(list)!.id);
    expect(ids[0]).toBe('new');
    // Its load stays 0 here: what a pool does that does not count yet. One pick of eight is the most.
    expect(ids.filter((id) => id === 'new')).toHaveLength(10);
    list[2]!.load = 1;
    expect(Array.from({ length: 40 }, () => strategy.pick(list)!.id)).not.toContain('new');
  });

  test('busy without samples it counts as the slowest, so it is not starved either', () => {
    const strategy = knowing({ a: 1, b: 10 });
    const list = [node('a', 50), node('b', 50), node('new', 1)];
    expect(strategy.pick(list)!.id).toBe('new');
  });

  test('nothing is known of anybody: each is tried, then the load decides', () => {
    const strategy = new Fastest();
    const list = [node('a'), node('b'), node('c')];
    const first = Array.from({ length: 3 }, () => {
      const chosen = strategy.pick(list)!;
      chosen.load++;
      return chosen.id;
    });
    expect(first.toSorted()).toEqual(['a', 'b', 'c']);
    list[1]!.load = 0;
    expect(strategy.pick(list)!.id).toBe('b');
  });

  test('forgotten, a node that failed is tried anew', () => {
    const strategy = knowing({ a: 1 });
    strategy.observe(node('b'), 1, 'failed', 0);
    const list = [node('a'), node('b')];
    expect(strategy.pick(list)!.id).toBe('a');
    strategy.forget(list[1]!);
    expect(strategy.costOf('b')).toBe(0);
    expect(strategy.pick(list)!.id).toBe('b');
  });

  test('serves the faster by far the most, in a closed loop of workers', () => {
    const strategy = new Fastest();
    const list = [node('fast'), node('slow')];
    const running: { readonly at: Node; readonly begun: number; readonly ends: number }[] = [];
    const served = { fast: 0, slow: 0 };
    for (let now = 0; now < 20_000; now++) {
      for (const call of running.filter(({ ends }) => ends <= now)) {
        running.splice(running.indexOf(call), 1);
        call.at.load--;
        served[call.at.id as 'fast']++;
        strategy.observe(call.at, now - call.begun, 'answered', now);
      }
      while (running.length < 8) {
        const at = strategy.pick(list)!;
        at.load++;
        running.push({ at, begun: now, ends: now + (at.id === 'fast' ? 5 : 100) });
      }
    }
    expect(served.slow).toBeGreaterThan(1);
    expect(served.fast / served.slow).toBeGreaterThan(50);
  });

  test('nodes that come and go are forgotten', () => {
    const strategy = new Fastest();
    for (let i = 0; i < 1_000; i++) {
      strategy.observe(node(`pod-${i}`), 5, 'answered', i);
      strategy.pick([node('a'), node(`pod-${i}`)]);
    }
    expect(strategy.costOf('pod-0')).toBe(0);
    expect(strategy.costOf('pod-999')).toBeGreaterThan(0);
  });
});
