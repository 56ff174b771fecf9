// Sums up what tools/jest-totals.mjs wrote; the last line is `N passed, N failed`.
import { existsSync, readFileSync } from 'node:fs';

const file = process.argv[2];
const runs = file && existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').filter(Boolean) : [];
const sum = { files: 0, passed: 0, failed: 0, skipped: 0 };
for (const run of runs.map((line) => JSON.parse(line))) {
  for (const key of Object.keys(sum)) sum[key] += run[key];
}
console.log(`${sum.files} test files, ${sum.skipped} tests skipped`);
console.log(`${sum.passed} passed, ${sum.failed} failed`);
