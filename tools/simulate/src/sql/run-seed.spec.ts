import { describe, expect, test } from '@jest/globals';
import * as sql from '@nest-pooling/sql';
import { runSeeds } from '../seeds/run-seeds.js';
import { runSeed } from './run-seed.js';
import { sqlSimulation } from './simulation.js';

const SEEDS = 120;

describe('a simulated SQL pool', () => {
  test(`is right in ${SEEDS} seeds, each with its operations and faults`, async () => {
    const totals = await runSeeds(sqlSimulation, { first: 1, last: SEEDS, step: 1 });
    expect(totals.failed).toEqual([]);
    expect(totals.seeds).toBe(SEEDS);
    expect(totals.leastOperations).toBeGreaterThanOrEqual(500);
    expect(totals.leastFaults).toBeGreaterThanOrEqual(10);
    // What never happens is not simulated.
    for (const kind of ['read', 'write', 'transaction', 'use', 'stream'])
      for (const how of [
        'served',
        'POOL_TIMEOUT',
        'POOL_CLOSED',
        'SQL_CONNECTION_LOST',
        'SQL_STATEMENT_FAILED',
      ])
        expect([kind, how, totals.counts[`${kind}: ${how}`] ?? 0]).not.toEqual([kind, how, 0]);
    for (const how of [
      'read: SQL_TIMEOUT',
      'read: SQL_CANCELLED',
      'transaction: SQL_OUTCOME_UNKNOWN',
      'cancels',
    ])
      expect(totals.counts[how]).toBeGreaterThan(0);
    expect(Object.keys(totals.counts).filter((how) => how.includes('odd'))).toEqual([]);
  }, 120_000);

  test('is the same run whenever a seed is run, recorded or not, and another one for another seed', async () => {
    const hashes: number[] = [];
    for (const seed of [1, 2, 3, 4, 5]) {
      const first = await runSeed(seed, sql);
      const again = await runSeed(seed, sql, true);
      expect(again).toMatchObject({ hash: first.hash, operations: first.operations, faults: first.faults });
      expect(again.counts).toEqual(first.counts);
      expect([first.lines.length, again.lines.length > 500]).toEqual([0, true]);
      hashes.push(first.hash);
    }
    expect(new Set(hashes).size).toBe(5);
  });
});
