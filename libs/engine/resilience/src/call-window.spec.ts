import { describe, expect, test } from '@jest/globals';
import { VirtualEnv } from '@nest-pooling/core/testing';
import * as fc from 'fast-check';
import { CountWindow, FAILED, FINE, SLOW, TimeWindow } from './call-window.js';

const outcome = fc.constantFrom(FINE, FAILED, SLOW, FAILED + SLOW);

describe('CountWindow', () => {
  test('counts the last calls, as adding them up would', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.array(outcome, { maxLength: 40 }), (size, all) => {
        const window = new CountWindow(size);
        for (const [at, one] of all.entries()) {
          window.add(one);
          expect(window).toMatchObject(sums(all.slice(Math.max(0, at + 1 - size), at + 1)));
        }
        window.clear();
        window.add(SLOW);
        expect(window).toMatchObject({ calls: 1, failures: 0, slow: 1 });
      }),
    );
  });
});

describe('TimeWindow', () => {
  test('counts the calls of its time, give or take a tenth', async () => {
    const step = fc.record({ wait: fc.nat(400), one: outcome });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const env = new VirtualEnv();
        const window = new TimeWindow(1_000);
        const seen: { at: number; one: number }[] = [];
        for (const { wait, one } of steps) {
          await env.advance(wait);
          const now = env.scheduler.now();
          window.add(one, now);
          seen.push({ at: now, one });
          // The part that is being filled, and the nine before it.
          const from = 100 * (Math.floor(now / 100) - 9);
          expect(window).toMatchObject(sums(seen.filter(({ at }) => at >= from).map((call) => call.one)));
        }
      }),
    );
  });

  test('forgets all after a quiet while, and when it is cleared', async () => {
    const env = new VirtualEnv();
    const window = new TimeWindow(1_000);
    for (let at = 0; at < 20; at++) window.add(FAILED, env.scheduler.now());
    await env.advance(3_600_000);
    window.add(FAILED, env.scheduler.now());
    expect(window).toMatchObject({ calls: 1, failures: 1, slow: 0 });
    window.clear();
    window.add(FINE, env.scheduler.now());
    expect(window).toMatchObject({ calls: 1, failures: 0, slow: 0 });
  });
});

function sums(outcomes: readonly number[]): { calls: number; failures: number; slow: number } {
  const count = (bit: number): number => outcomes.filter((one) => (one & bit) !== 0).length;
  return { calls: outcomes.length, failures: count(FAILED), slow: count(SLOW) };
}
