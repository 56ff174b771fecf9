import { expect, test } from '@jest/globals';
import { addSeed, addTotals, noTotals, rowsOf } from './totals.js';

const seed = (n: number, more = {}) => ({
  seed: n,
  hash: n,
  operations: 500 + n,
  faults: 10 + n,
  counts: { served: n },
  violation: undefined,
  lines: [],
  ...more,
});

test('totals add up, whichever thread they come from; a failing seed is named', () => {
  const [one, two] = [noTotals(), noTotals()];
  addSeed(one, seed(3));
  addSeed(one, seed(9, { violation: 'late', operations: 5, faults: 0 }));
  addSeed(two, seed(4, { counts: { served: 1, refused: 2 } }));
  addSeed(two, seed(2, { violation: 'lost', operations: 5, faults: 0 }));
  addTotals(one, two);
  expect(one).toEqual({
    seeds: 4,
    operations: 503 + 5 + 504 + 5,
    faults: 13 + 14,
    leastOperations: 503,
    leastFaults: 13,
    violations: 2,
    counts: { served: 3 + 9 + 1 + 2, refused: 2 },
    failed: [
      { seed: 2, violation: 'lost' },
      { seed: 9, violation: 'late' },
    ],
  });
});

test('rows miss their bar for a violation, and for seeds in which too little happens', () => {
  const totals = noTotals();
  addSeed(totals, seed(1));
  const missed = (): string[] =>
    rowsOf(totals, 1, 'acquires').flatMap(({ name, holds }) => (holds === false ? [name] : []));
  expect(missed()).toEqual([]);
  addSeed(totals, seed(2, { operations: 499, faults: 9 }));
  addSeed(totals, seed(3, { violation: 'lost' }));
  expect(missed()).toEqual([
    'operations of the seed with the fewest',
    'faults of the seed with the fewest',
    'violations',
  ]);
});
