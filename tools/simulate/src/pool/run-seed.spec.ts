import { describe, expect, test } from '@jest/globals';
import * as engine from '@nest-pooling/pool';
import { runSeed } from './run-seed.js';
import { runSeeds } from '../seeds/run-seeds.js';
import { poolSimulation } from './simulation.js';

const SEEDS = 200;

describe('a simulated pool', () => {
  test(`is right in ${SEEDS} seeds, each with its operations and faults`, async () => {
    const totals = await runSeeds(poolSimulation, { first: 1, last: SEEDS, step: 1 });
    expect(totals.failed).toEqual([]);
    expect(totals.seeds).toBe(SEEDS);
    expect(totals.leastOperations).toBeGreaterThanOrEqual(500);
    expect(totals.leastFaults).toBeGreaterThanOrEqual(10);
    // What never happens is not simulated.
    for (const how of ['served', 'served at once', 'POOL_TIMEOUT', 'POOL_CANCELLED', 'POOL_QUEUE_FULL'])
      expect(totals.counts[how]).toBeGreaterThan(SEEDS);
    for (const how of ['POOL_CREATE_FAILED', 'POOL_CLOSED', 'POOL_ABANDONED'])
      expect(totals.counts[how]).toBeGreaterThan(0);
    expect(Object.keys(totals.counts).filter((how) => how.includes('odd'))).toEqual([]);
  }, 120_000);

  test('is the same run whenever a seed is run, recorded or not, and another one for another seed', async () => {
    const hashes: number[] = [];
    for (const seed of [1, 2, 3, 4, 5]) {
      const first = await runSeed(seed, engine);
      const again = await runSeed(seed, engine, true);
      expect(again).toMatchObject({ hash: first.hash, operations: first.operations, faults: first.faults });
      expect(again.counts).toEqual(first.counts);
      expect([first.lines.length, again.lines.length > 500]).toEqual([0, true]);
      hashes.push(first.hash);
    }
    expect(new Set(hashes).size).toBe(5);
  });
});
