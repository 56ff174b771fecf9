import { describe, expect, it } from '@jest/globals';
import { measure } from './measure.js';
import { compare, figureOf, median, quantile, type Measurements } from './statistics.js';
import type { Subject } from './subject.js';

const brief = { rounds: 4, roundMs: 0.01, warmUpMs: 0 };

function recorder(log: string[]) {
  return (name: string, run: (n: number) => Promise<void> = async () => {}): Subject => ({
    name,
    setup: async () => void log.push(`${name}+`),
    run: async (n) => {
      log.push(name);
      await run(n);
    },
    teardown: async () => void log.push(`${name}-`),
  });
}

describe('measure', () => {
  it('interleaves the subjects, begins each round with another one, and closes all', async () => {
    const log: string[] = [];
    const subject = recorder(log);
    const all = await measure([subject('a'), subject('b')], brief);
    expect(log.slice(0, 10).join(' ')).toBe('a+ b+ a b b a a b b a');
    expect(log.slice(-2)).toEqual(['a-', 'b-']);
    expect(all.get('a')?.samples).toHaveLength(4);
  });

  it('closes what it opened when a setup or a run fails', async () => {
    const log: string[] = [];
    const subject = recorder(log);
    const broken: Subject = {
      ...subject('b'),
      setup: async () => {
        throw new Error('no room');
      },
    };
    await expect(measure([subject('a'), broken], brief)).rejects.toThrow('no room');
    expect(log).toEqual(['a+', 'a-']);
    const failing = subject('c', async () => {
      throw new Error('broken');
    });
    await expect(measure([failing], brief)).rejects.toThrow('broken');
    expect(log.at(-1)).toBe('c-');
  });
});

describe('statistics', () => {
  const samples = (...ns: number[]) => ({ samples: ns.map((n) => ({ cpuNs: n, wallNs: n * 10 })), bytes: 1 });

  it('compares round by round, so that a disturbed round counts once', () => {
    const all: Measurements = new Map([
      ['ours', samples(10, 100, 10)],
      ['theirs', samples(20, 200, 20)],
    ]);
    expect(compare(all, 'cpuNs', 'theirs', 'ours')).toEqual({ median: 2, low: 2, high: 2 });
    expect(figureOf(all, 'wallNs', 'ours')).toBe(100);
    expect(figureOf(all, 'bytes', 'ours')).toBe(1);
    expect(() => compare(all, 'cpuNs', 'nobody', 'ours')).toThrow("No subject 'nobody'");
  });

  it('interpolates quantiles', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(quantile([0, 10, 20, 30, 40], 0.25)).toBe(10);
    expect(median([])).toBeNaN();
  });
});
