import { describe, expect, test } from '@jest/globals';
import { OptionsError } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import * as fc from 'fast-check';
import { LatencyOutliers, NodeHealth, type LatencyOutlierOptions, type LatencyWatch } from './index.js';

interface SetUp {
  readonly env: VirtualEnv;
  readonly outliers: LatencyOutliers;
  readonly nodes: readonly LatencyWatch[];
  /** Which nodes are in rotation, as 1 and 0. */
  readonly rotation: () => string;
  /** So many answers of each node, each after its `ms`; then a sweep. */
  readonly answers: (times: number, ...ms: readonly number[]) => string;
}

function setUp(count: number, options: LatencyOutlierOptions = {}): SetUp {
  const env = new VirtualEnv();
  const outliers = new LatencyOutliers(options, env);
  const nodes = Array.from({ length: count }, (_, i) =>
    outliers.watch(new NodeHealth(`orders.replica-${i}`, { ejectionJitter: 0 }, env)),
  );
  const rotation = (): string => nodes.map(({ health }) => (health.admits ? '1' : '0')).join('');
  const answers = (times: number, ...ms: readonly number[]): string => {
    for (let i = 0; i < times; i++) for (const [at, value] of ms.entries()) nodes[at]!.observe(value);
    outliers.sweep();
    return rotation();
  };
  return { env, outliers, nodes, rotation, answers };
}

describe('LatencyOutliers', () => {
  test('much slower than its peers, for long enough: ejected, and it says why', () => {
    const { answers, nodes } = setUp(3);
    expect(answers(19, 10, 12, 200)).toBe('111');
    expect(answers(1, 10, 12, 200)).toBe('110');
    const { health } = nodes[2]!;
    expect(health).toMatchObject({ state: 'ejected', cause: 'latency', ejections: 1, until: 1_000 });
    expect(health.reason).toMatch(/^answers took 1\d\d(\.\d)? ms on average, those of its peers 11 ms$/);
  });

  test('slow as all are, or slow but fast enough: stays', () => {
    expect(setUp(3).answers(100, 200, 200, 500)).toBe('111');
    expect(setUp(3).answers(100, 1, 1, 49)).toBe('111');
    expect(setUp(3, { minMs: 20 }).answers(100, 1, 1, 49)).toBe('110');
    expect(setUp(3, { factor: 2 }).answers(100, 200, 200, 500)).toBe('110');
  });

  test('without peers that are known nobody is slow', () => {
    expect(setUp(1).answers(100, 5_000)).toBe('1');
    const { answers, nodes } = setUp(2);
    expect(answers(100, 5_000)).toBe('11');
    for (let i = 0; i < 20; i++) nodes[1]!.observe(1);
    expect(answers(0)).toBe('01');
  });

  test('never more than half are out, whatever took them out; the slowest goes first', () => {
    expect(setUp(3).answers(100, 1, 300, 900)).toBe('110');
    expect(setUp(5).answers(100, 1, 1, 1, 300, 900)).toBe('11100');
    // Who was just ejected is no peer: it would make the next look fast.
    expect(setUp(4).answers(200, 1, 40, 100, 900)).toBe('1100');
    const { answers, nodes } = setUp(4);
    nodes[0]!.health.hold('maintenance', 'kernel update');
    nodes[1]!.health.failed('hard');
    expect(answers(100, 1, 1, 1, 900)).toBe('0011');
    expect(setUp(3, { maxOutShare: 0 }).answers(100, 1, 1, 900)).toBe('111');
  });

  test('one slow statement says nothing, some in a row do', () => {
    const { answers } = setUp(2);
    answers(100, 5, 5);
    for (let i = 0; i < 50; i++) {
      expect(answers(1, 5, 10_000)).toBe('11');
      answers(25, 5, 5);
    }
    expect(answers(10, 5, 10_000)).toBe('10');
  });

  test('a stall of our own event loop ejects nobody', async () => {
    const { env, answers, nodes } = setUp(2);
    answers(100, 5, 5);
    await env.stall(2_000);
    for (let i = 0; i < 100; i++) nodes[1]!.observe(2_000);
    expect(answers(0)).toBe('11');
    expect(nodes[1]!.averageMs).toBeCloseTo(5);
  });

  test('readmitted after good probes it is measured anew, and judged when it has its full share', async () => {
    const { env, answers, nodes } = setUp(2);
    answers(100, 5, 500);
    const { health } = nodes[1]!;
    expect(nodes[1]!.samples).toBe(0);
    answers(100, 5, 500);
    expect(nodes[1]!.samples).toBe(0);
    for (let i = 0; i < 4; i++) {
      await env.advance(250);
      health.probed(true);
    }
    expect(health).toMatchObject({ state: 'returning', factor: 0.1, cause: 'latency' });
    expect(answers(100, 5, 500)).toBe('11');
    for (let i = 0; i < 40; i++) {
      await env.advance(250);
      health.probed(true);
    }
    expect(health).toMatchObject({ state: 'in', cause: undefined });
    expect(answers(0)).toBe('10');
    expect(health.ejections).toBe(2);
  });

  test('a node that has ended is no peer and no part of the whole any more', () => {
    const { answers, nodes, outliers } = setUp(2);
    answers(100, 5);
    nodes[0]!.end();
    nodes[0]!.end();
    for (let i = 0; i < 100; i++) nodes[1]!.observe(500);
    outliers.sweep();
    expect(nodes[1]!.health.admits).toBe(true);
    nodes[0]!.health.failed('hard');
    expect(nodes[0]!.samples).toBe(100);
  });

  test('reset forgets', () => {
    const { answers, nodes } = setUp(2);
    answers(100, 5, 5);
    nodes[0]!.reset();
    expect(nodes[0]).toMatchObject({ averageMs: 0, samples: 0 });
  });

  test('at least half stay, among them the fastest, and who goes was an outlier', () => {
    const latency = fc.constantFrom(1, 10, 49, 60, 200, 1_000);
    fc.assert(
      fc.property(fc.array(latency, { minLength: 1, maxLength: 7 }), (latencies) => {
        const { answers, nodes } = setUp(latencies.length);
        // Long enough for averages to reach the latencies, whatever a sample may count at most.
        answers(200, ...latencies);
        const out = latencies.filter((_, i) => !nodes[i]!.health.admits);
        const stay = latencies.filter((_, i) => nodes[i]!.health.admits);
        expect(out.length).toBeLessThanOrEqual(latencies.length / 2);
        for (const ms of out) {
          expect(ms).toBeGreaterThan(50);
          expect(ms).toBeGreaterThan(3 * Math.min(...stay));
          expect(ms).toBeGreaterThanOrEqual(Math.max(...stay));
        }
      }),
    );
  });

  test('wrong options are refused, all at once', () => {
    const wrong = { factor: 0.5, minMs: -1, minSamples: 0, maxOutShare: 2, minSample: 1 };
    const make = (): unknown => new LatencyOutliers(wrong);
    expect(make).toThrow(OptionsError);
    expect(make).toThrow('Latency outliers has 5 options');
  });
});
