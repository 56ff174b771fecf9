import { appendFileSync } from 'node:fs';

/** Appends one JSON line per run of Jest to the file that TEST_TOTALS names; without it, does nothing. */
export default class JestTotals {
  onRunComplete(_contexts, results) {
    const file = process.env.TEST_TOTALS;
    if (!file) return;
    const line = {
      kind: process.env.TEST_KIND ?? 'unit',
      files: results.numTotalTestSuites,
      passed: results.numPassedTests,
      // A file that did not even load counts as a failure: its tests are in no other number.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    appendFileSync(file, `${JSON.stringify(line)}\n`);
  }
}
