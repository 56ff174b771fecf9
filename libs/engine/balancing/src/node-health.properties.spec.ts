import { describe, expect, test } from '@jest/globals';
import { VirtualEnv } from '@nest-pooling/core/testing';
import * as fc from 'fast-check';
import { NodeHealth } from './index.js';

function feed(health: NodeHealth, event: string): void {
  if (event === 'good') health.probed(true);
  else if (event === 'succeeded') health.succeeded();
  else if (event === 'outlier') health.outlier('slow');
  else if (event === 'drained' || event === 'maintenance') health.hold(event, 'an update');
  else if (event === 'put back') health.putBack();
  else health.failed(event as 'hard');
}

describe('NodeHealth: properties', () => {
  const step = fc.record({
    wait: fc.nat(4_000),
    event: fc.constantFrom('hard', 'timeout', 'probe', 'outlier', 'succeeded', 'good', 'good', 'good'),
  });
  const operators = fc.record({
    wait: fc.nat(4_000),
    event: fc.constantFrom('drained', 'maintenance', 'put back'),
  });
  const options = fc.record({
    timeoutsToEject: fc.integer({ min: 1, max: 4 }),
    probesToEject: fc.integer({ min: 1, max: 3 }),
    probesToReadmit: fc.integer({ min: 1, max: 4 }),
    baseEjectionMs: fc.integer({ min: 1, max: 5_000 }),
    maxEjectionMs: fc.integer({ min: 5_000, max: 30_000 }),
    ejectionJitter: fc.double({ min: 0, max: 1, noNaN: true }),
    slowStartMs: fc.nat(20_000),
    forgetAfterMs: fc.nat(90_000),
  });

  test('never admitted before its time or without good probes; the share is always from 0.1 to 1', async () => {
    await fc.assert(
      fc.asyncProperty(options, fc.array(step, { maxLength: 60 }), async (chosen, steps) => {
        const env = new VirtualEnv();
        const health = new NodeHealth('n', chosen, env);
        let good = 0;
        for (const { wait, event } of steps) {
          await env.advance(wait);
          const { state, until, ejections } = health;
          if (event === 'good') good++;
          else if (event === 'probe') good = 0;
          feed(health, event);
          const readmitted = state === 'ejected' && health.admits;
          const now = env.scheduler.now();
          expect(!readmitted || (now >= until! && good >= chosen.probesToReadmit)).toBe(true);
          expect(state === 'ejected' && !health.admits ? health.until === until : true).toBe(true);
          expect(state === 'ejected' ? health.ejections === ejections : true).toBe(true);
          if (state !== 'ejected') good = 0;
          const left = (health.until ?? now) - now;
          expect(left <= chosen.maxEjectionMs).toBe(true);
          expect(health.factor).toBeGreaterThanOrEqual(0.1);
          expect(health.factor).toBeLessThanOrEqual(1);
          expect(health.state === 'in' ? health.factor === 1 : true).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('an operator’s word holds; put back, good probes bring every node to its full share', async () => {
    await fc.assert(
      fc.asyncProperty(
        options,
        fc.array(fc.oneof(step, operators), { maxLength: 40 }),
        async (chosen, steps) => {
          const env = new VirtualEnv();
          const health = new NodeHealth('n', chosen, env);
          let held: string | undefined;
          for (const { wait, event } of steps) {
            await env.advance(wait);
            feed(health, event);
            if (event === 'drained' || event === 'maintenance') held = event;
            else if (event === 'put back') held = undefined;
            const isHeld = health.state === 'drained' || health.state === 'maintenance';
            expect(isHeld ? health.state : undefined).toBe(held);
            expect(health.cause === undefined).toBe(health.state === 'in');
          }
          health.putBack();
          const probesNeeded = chosen.probesToReadmit + (chosen.maxEjectionMs + chosen.slowStartMs) / 250 + 2;
          for (let i = 0; i < probesNeeded && health.state !== 'in'; i++) {
            await env.advance(250);
            health.probed(true);
          }
          expect(health).toMatchObject({ state: 'in', factor: 1, admits: true });
        },
      ),
      { numRuns: 100 },
    );
  });
});
