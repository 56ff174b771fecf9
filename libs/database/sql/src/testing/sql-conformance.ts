import { faults } from './conformance/faults.js';
import type { ConformanceCase, SqlHarness } from './conformance/harness.js';
import { limits } from './conformance/limits.js';
import { load } from './conformance/load.js';
import { scope } from './conformance/scope.js';
import { sessions } from './conformance/sessions.js';
import { shapes } from './conformance/shapes.js';
import { streaming } from './conformance/streaming.js';
import { transactions } from './conformance/transactions.js';

const ALL = [shapes, transactions, scope, limits, faults, streaming, sessions, load].flat();

/**
 * The cases that every driver of a {@link SqlPool} passes, whatever the server. They are data, so that any runner can run them:
 *
 * ```ts
 * import { describe, it } from 'node:test';       // or jest, or vitest
 * describe('conformance', () => {
 *   for (const { name, skipped, run } of sqlConformance(harness)) {
 *     if (skipped === undefined) it(name, run);   // they need no more than a minute each; give them that as a limit
 *     else it.skip(`${name} (${skipped})`, run);
 *   }
 * });
 * ```
 *
 * Each case opens a pool of its own, runs, waits until nothing is lent and nobody waits, and closes it. They use tables whose names begin
 * with `conformance_`, and drop them.
 */
export function sqlConformance(harness: SqlHarness): readonly ConformanceCase[] {
  return ALL.map((make) => make(harness));
}
