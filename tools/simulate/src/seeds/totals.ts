import { measured, must, type Row } from '@nest-pooling/report';
import type { SeedResult } from './seed-result.js';

/** How many failing seeds are named. */
const NAMED = 10;

/** What a number of seeds did together. */
export interface Totals {
  seeds: number;
  operations: number;
  faults: number;
  /** Of the seed that had fewest; a failing one ends early and does not count. */
  leastOperations: number;
  leastFaults: number;
  violations: number;
  counts: Record<string, number>;
  failed: { seed: number; violation: string }[];
}

export function noTotals(): Totals {
  return {
    seeds: 0,
    operations: 0,
    faults: 0,
    leastOperations: Infinity,
    leastFaults: Infinity,
    violations: 0,
    counts: {},
    failed: [],
  };
}

export function addSeed(totals: Totals, { seed, operations, faults, counts, violation }: SeedResult): void {
  const ended = violation === undefined;
  addTotals(totals, {
    seeds: 1,
    operations,
    faults,
    leastOperations: ended ? operations : Infinity,
    leastFaults: ended ? faults : Infinity,
    violations: ended ? 0 : 1,
    counts,
    failed: ended ? [] : [{ seed, violation }],
  });
}

/** Adds `more` to `totals`. */
export function addTotals(
  totals: Totals,
  more: Omit<Totals, 'counts'> & { counts: Readonly<Record<string, number>> },
): void {
  totals.seeds += more.seeds;
  totals.operations += more.operations;
  totals.faults += more.faults;
  totals.leastOperations = Math.min(totals.leastOperations, more.leastOperations);
  totals.leastFaults = Math.min(totals.leastFaults, more.leastFaults);
  totals.violations += more.violations;
  for (const [what, n] of Object.entries(more.counts)) totals.counts[what] = (totals.counts[what] ?? 0) + n;
  totals.failed = [...totals.failed, ...more.failed].toSorted((a, b) => a.seed - b.seed).slice(0, NAMED);
}

/** The totals as a report: what must be, and what was done. */
export function rowsOf(totals: Totals, seconds: number, counted: string): readonly Row[] {
  return [
    measured('seeds', totals.seeds, 'seeds'),
    measured('operations', totals.operations, 'operations'),
    measured('faults', totals.faults, 'faults'),
    ...Object.entries(totals.counts)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([what, n]) => measured(`${counted}: ${what}`, n, counted)),
    measured('time', seconds, 's'),
    must('operations of the seed with the fewest', totals.leastOperations, 'operations', { atLeast: 500 }),
    must('faults of the seed with the fewest', totals.leastFaults, 'faults', { atLeast: 10 }),
    must('violations', totals.violations, 'seeds', { atMost: 0 }),
  ];
}
