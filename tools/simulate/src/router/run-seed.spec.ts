import { describe, expect, test } from '@jest/globals';
import * as routing from '@nest-pooling/routing';
import { runSeeds } from '../seeds/run-seeds.js';
import { runSeed } from './run-seed.js';
import { routerSimulation } from './simulation.js';

const SEEDS = 10;

describe('two simulated routers over one cluster', () => {
  test(`are right in ${SEEDS} seeds, each with its operations and faults`, async () => {
    const totals = await runSeeds(routerSimulation, { first: 1, last: SEEDS, step: 1 });
    expect(totals.failed).toEqual([]);
    expect(totals.seeds).toBe(SEEDS);
    expect(totals.leastOperations).toBeGreaterThanOrEqual(500);
    expect(totals.leastFaults).toBeGreaterThanOrEqual(10);
    // What never happens is not simulated.
    for (const how of ['read: served', 'write: served', 'token: served', 'strong read: served'])
      expect([how, totals.counts[how] ?? 0]).not.toEqual([how, 0]);
    for (const how of ['write: ROUTING_PRIMARY_UNAVAILABLE', 'write: SQL_CONNECTION_LOST'])
      expect([how, totals.counts[how] ?? 0]).not.toEqual([how, 0]);
  }, 120_000);

  test('are the same run whenever a seed is run, recorded or not, and another one for another seed', async () => {
    const hashes: number[] = [];
    for (const seed of [1, 2]) {
      const first = await runSeed(seed, routing);
      const again = await runSeed(seed, routing, true);
      expect(again).toMatchObject({ hash: first.hash, operations: first.operations, faults: first.faults });
      expect(again.counts).toEqual(first.counts);
      hashes.push(first.hash);
    }
    expect(new Set(hashes).size).toBe(2);
  }, 120_000);
});
