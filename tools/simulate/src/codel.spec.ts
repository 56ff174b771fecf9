import { describe, expect, it } from '@jest/globals';
import { codel } from './codel.js';
import { playQueue, type QueueLoad } from './queue-model.js';

const load: QueueLoad = {
  seed: 5,
  servers: 2,
  serviceMs: 10,
  deadlineMs: 1_000,
  durationMs: 20_000,
  load: () => 2,
};

describe('the simulation of CoDel', () => {
  it.each(['1', '2'])('reaches its bars with seed %s', async (seed) => {
    const rows = await codel(['--seed', seed]);
    expect(rows.filter((row) => row.must).map(({ name, holds }) => [name, holds])).toEqual([
      ['2x overload: p99 wait, CoDel / FIFO', true],
      ['2x overload: served, CoDel / FIFO', true],
      ['bursts: dropped by CoDel', true],
    ]);
  });

  it('plays the same callers with the same seed, and others with another', async () => {
    expect(playQueue(load, {})).toEqual(playQueue(load, {}));
    expect(playQueue({ ...load, seed: 6 }).offered).not.toBe(playQueue(load).offered);
    expect(playQueue(load, {}).offered).toBe(playQueue(load).offered);
    await expect(codel(['--seed', 'x'])).rejects.toThrow('--seed must be a whole number (got x)');
  });

  it('loses nobody', () => {
    for (const shedding of [undefined, {}, { targetMs: 5, intervalMs: 100 }]) {
      const { offered, waits, dropped, timedOut } = playQueue(load, shedding);
      expect(waits.length + dropped + timedOut).toBe(offered);
      expect(waits.at(-1)).toBeLessThan(load.deadlineMs);
    }
  });

  it('makes hardly anybody wait, and drops nobody, where little is asked', () => {
    const { waits, offered, dropped } = playQueue({ ...load, load: () => 0.1 }, {});
    expect([waits.length, dropped]).toEqual([offered, 0]);
    expect(waits.filter((wait) => wait > 0).length / offered).toBeLessThan(0.05);
  });
});
