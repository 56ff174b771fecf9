import { describe, expect, test } from '@jest/globals';
import type { Contender } from './contender.js';
import { latency, meanLatency, perSecond, ratio, rounds, type Rounds } from './rounds.js';
import { checkItem, failuresAtOnce, operations, slice, type Operation } from './slice.js';

function contender(answer: (id: number) => unknown): Contender {
  return { byId: (id: number) => Promise.resolve(answer(id)) } as unknown as Contender;
}

const right = contender((id) => ({ id, name: `item ${id}`, cents: 3 * id }));
const neighbours = contender((id) => ({ id: id + 1, name: `item ${id + 1}`, cents: 3 * id + 3 }));

describe('slice', () => {
  test('counts what was answered, and leaves the disturbance out', async () => {
    let disturbed = 0;
    const disturbance = {
      every: 10,
      operation: () => {
        disturbed++;
        return new Promise<void>((resolve) => {
          setImmediate(resolve);
        });
      },
    };
    const result = await slice(right, operations.byId, { workers: 2, ms: 20, timed: true, disturbance });
    expect(result.perSecond).toBeGreaterThan(0);
    expect(result.latencies.length).toBeGreaterThan(disturbed * 8);
    expect(disturbed).toBeGreaterThan(0);
  });

  test('a wrong answer ends the benchmark', async () => {
    await expect(slice(neighbours, operations.byId, { workers: 1, ms: 5 })).rejects.toThrow(/asked for item/);
  });

  test.each([
    [undefined],
    [{ id: 2, name: 'item 2', cents: 6 }],
    [{ id: 1, name: 'item 2', cents: 3 }],
    [{ id: 1, name: 'item 1', cents: 2 }],
    [{ id: 1, name: 'item 1', cents: Number.NaN }],
    // What a client gives that does not know the type.
    [{ id: '1', name: 'item 1', cents: '3' }],
  ])('%j is not item 1', (row) => {
    expect(() => checkItem(row as never, 1)).toThrow(/asked for item 1, got/);
  });

  test('item 1 is item 1, also after a write', () => {
    expect(() => checkItem({ id: 1, name: 'item 1', cents: 3 }, 1)).not.toThrow();
    expect(() => checkItem({ id: 1, name: 'item 1', cents: 4 }, 1)).not.toThrow();
  });

  test('a wrong answer is noticed in every operation', async () => {
    const wrong = (answers: Partial<Contender>): Contender => answers as Contender;
    const another = (): Promise<{ id: number; name: string; cents: number }> =>
      Promise.resolve({ id: 8, name: 'item 8', cents: 24 });
    const two = wrong({ one: () => Promise.resolve({ one: 2 }) });
    await expect(operations.one(two)).rejects.toThrow(/asked for 1/);
    await expect(operations.byIdPlain(wrong({ byIdPlain: another }), 7)).rejects.toThrow(/item 7/);
    await expect(operations.borrowed(wrong({ borrowed: another }), 7)).rejects.toThrow(/item 7/);
    await expect(operations.transaction(wrong({ transaction: another }), 7)).rejects.toThrow(/item 7/);
    const nothing = wrong({ update: () => Promise.resolve(0) });
    await expect(operations.update(nothing, 7)).rejects.toThrow(/changed 0/);
  });

  test('of many at once every wrong answer is counted', async () => {
    expect(await failuresAtOnce(right, 500)).toEqual([]);
    expect(await failuresAtOnce(neighbours, 500)).toHaveLength(500);
    const one = contender((id) => ({ id: id === 77 ? 78 : id, name: `item ${id}`, cents: 3 * id }));
    expect(await failuresAtOnce(one, 500)).toEqual([
      expect.objectContaining({ message: expect.stringContaining('asked for item 77') }),
    ]);
  });
});

describe('rounds', () => {
  const all: Rounds = new Map([
    ['a', [10, 20, 30].map((figure) => ({ perSecond: figure, cpuUs: 1, latencies: [1, 2, 3, 4] }))],
    ['b', [5, 5, 5].map((figure) => ({ perSecond: figure, cpuUs: 1, latencies: [2] }))],
  ]);

  test('compare slice by slice', () => {
    const row = ratio(all, 'a / b', perSecond, ['a', 'b'], { atLeast: 5 });
    expect(row).toMatchObject({ figure: 4, holds: false, must: true, spread: [3, 5] });
    expect(() => ratio(all, 'a / c', perSecond, ['a', 'c'])).toThrow(/'c' was not measured/);
  });

  test('open all, take turns, close all, as often as asked', async () => {
    const log: string[] = [];
    const logged = (name: string): Contender => ({
      ...right,
      name,
      open: async () => void log.push(`${name}+`),
      close: async () => void log.push(`${name}-`),
    });
    const turn: Operation = async ({ name }) => {
      if (log.at(-1) !== name) log.push(name);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    };
    process.env.BENCH_POSTGRES_URL = 'postgres://nowhere';
    try {
      const options = { workers: 1, ms: 2, warmUpMs: 1, rounds: 2, openings: 2 };
      const both = await rounds([logged('a'), logged('b')], turn, options);
      expect([...both].map(([name, slices]) => [name, slices.length])).toEqual([
        ['a', 4],
        ['b', 4],
      ]);
      const once = ['a+', 'a', 'b+', 'b', 'a', 'b', 'a', 'a-', 'b-'];
      expect(log).toEqual([...once, ...once]);
      log.length = 0;
      const fails: Operation = () => Promise.reject(new Error('broken'));
      await expect(rounds([logged('a'), logged('b')], fails, options)).rejects.toThrow('broken');
      expect(log).toEqual(['a+', 'a-']);
    } finally {
      delete process.env.BENCH_POSTGRES_URL;
    }
    await expect(rounds([], turn, { workers: 1, ms: 1 })).rejects.toThrow('BENCH_POSTGRES_URL');
  });

  test('read quantiles of latencies', () => {
    expect(latency(0.5)(all.get('a')![0]!)).toBe(3);
    expect(latency(0.99)(all.get('a')![0]!)).toBe(4);
    expect(meanLatency(all.get('a')![0]!)).toBe(2.5);
    // Of nothing there is none, and so no bar holds.
    expect(latency(0.5)({ perSecond: 0, cpuUs: 0, latencies: [] })).toBeNaN();
    expect(meanLatency({ perSecond: 0, cpuUs: 0, latencies: [] })).toBeNaN();
  });
});
