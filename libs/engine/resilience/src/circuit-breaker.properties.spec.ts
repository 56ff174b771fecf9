import { describe, expect, test } from '@jest/globals';
import { VirtualEnv } from '@nest-pooling/core/testing';
import * as fc from 'fast-check';
import { CircuitBreaker, type BreakerState } from './index.js';

interface Rules {
  readonly failureThreshold: number;
  readonly openMs: number;
  readonly maxOpenMs: number;
  readonly successThreshold: number;
  readonly halfOpenPermits: number;
  readonly halfOpenTimeoutMs: number;
}

/** A call as the model sees it: which era it was begun in, when, and whether its result was told. */
interface Call {
  readonly era: number;
  readonly at: number;
  told: boolean;
}

/** The same rules written the plain way: it moves step by step in time and remembers every call. */
class Model {
  state: BreakerState = 'closed';
  failures = 0;
  successes = 0;
  openMs = 0;
  until = 0;
  now = 0;
  era = 0;
  calls: Call[] = [];

  constructor(readonly rules: Rules) {}

  get trials(): Call[] {
    return this.state === 'half-open' ? this.calls.filter((call) => call.era === this.era && !call.told) : [];
  }

  wait(ms: number): void {
    for (let i = 0; i < ms; i++) {
      this.now++;
      if (this.trials.some((call) => call.at + this.rules.halfOpenTimeoutMs === this.now)) this.open();
    }
  }

  enter(): Call | undefined {
    if (this.state === 'forced-open') return undefined;
    if (this.state === 'open') {
      if (this.now < this.until) return undefined;
      this.to('half-open');
    }
    if (this.trials.length >= this.rules.halfOpenPermits) return undefined;
    const call = { era: this.era, at: this.now, told: false };
    this.calls.push(call);
    return call;
  }

  end(call: Call, how: string): void {
    const valid = call.era === this.era && !call.told;
    call.told = true;
    if (!valid || how === 'neutral') return;
    if (this.state === 'closed') {
      this.failures = how === 'fail' ? this.failures + 1 : 0;
      if (this.failures === this.rules.failureThreshold) this.open();
    } else if (this.state === 'half-open') {
      if (how === 'fail') this.open();
      else if (++this.successes === this.rules.successThreshold) this.close();
    }
  }

  open(): void {
    this.openMs = Math.min(this.rules.maxOpenMs, this.openMs === 0 ? this.rules.openMs : this.openMs * 2);
    this.until = this.now + this.openMs;
    this.to('open');
  }

  close(state: BreakerState = 'closed'): void {
    this.failures = 0;
    this.openMs = 0;
    this.to(state);
  }

  to(state: BreakerState): void {
    this.state = state;
    this.successes = 0;
    this.era++;
  }
}

const rules = fc.record({
  failureThreshold: fc.integer({ min: 1, max: 4 }),
  openMs: fc.integer({ min: 1, max: 50 }),
  maxOpenMs: fc.integer({ min: 50, max: 200 }),
  successThreshold: fc.integer({ min: 1, max: 4 }),
  halfOpenPermits: fc.integer({ min: 1, max: 4 }),
  halfOpenTimeoutMs: fc.integer({ min: 1, max: 100 }),
});

const outcome = fc.constantFrom('succeed' as const, 'fail' as const, 'neutral' as const);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('enter' as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('end' as const), which: fc.nat(), how: outcome }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(120) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('forceOpen' as const, 'disable', 'reset') }) },
);

describe('CircuitBreaker: properties', () => {
  test('does what the plain model does, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(rules, fc.array(step, { maxLength: 120 }), async (chosen, steps) => {
        const env = new VirtualEnv();
        const breaker = new CircuitBreaker({ name: 'n', jitter: 0, ...chosen }, env);
        const model = new Model(chosen);
        const pairs: { call: Call; permit: number }[] = [];
        let agree = true;
        for (const one of steps) {
          switch (one.do) {
            case 'wait':
              await env.advance(one.ms);
              model.wait(one.ms);
              // What time alone does is seen at the next event.
              continue;
            case 'enter': {
              const permit = breaker.tryEnter();
              const call = model.enter();
              agree &&= (permit !== 0) === (call !== undefined);
              if (call !== undefined) pairs.push({ call, permit });
              break;
            }
            case 'end': {
              // Any call of all times, also one whose result was told: but while closed a permit is shared.
              const pair = pairs[one.which % Math.max(1, pairs.length)];
              if (pair === undefined) continue;
              if (pair.call.told && model.state === 'closed') continue;
              breaker[one.how](pair.permit);
              model.end(pair.call, one.how);
              break;
            }
            default: {
              breaker[one.do]();
              const target = { forceOpen: 'forced-open', disable: 'disabled', reset: 'closed' } as const;
              const state = target[one.do];
              if (state === 'closed' || model.state !== state) model.close(state);
            }
          }
          const report = breaker.report();
          const { state, successes, trials } = model;
          agree &&= state !== 'closed' || report.failures === model.failures;
          expect({ ...report, agree }).toMatchObject({
            state,
            successes,
            trials: trials.length,
            agree: true,
          });
          expect(report.trials).toBeLessThanOrEqual(chosen.halfOpenPermits);
          expect(env.pendingTimers).toBe(0);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('never stuck: once calls succeed it closes, whatever happened before', async () => {
    await fc.assert(
      fc.asyncProperty(rules, fc.array(step, { maxLength: 60 }), async (chosen, steps) => {
        const env = new VirtualEnv();
        const breaker = new CircuitBreaker({ name: 'n', ...chosen }, env);
        const permits: number[] = [];
        for (const one of steps) {
          if (one.do === 'wait') await env.advance(one.ms);
          else if (one.do === 'enter') permits.push(breaker.tryEnter());
          else if (one.do === 'end') breaker[one.how](permits[one.which % Math.max(1, permits.length)] ?? 0);
        }
        // Long enough for a hanging trial call and for the longest open time.
        for (let i = 0; i < 10 && breaker.state !== 'closed'; i++) {
          await env.advance(300);
          const permit = breaker.tryEnter();
          if (permit !== 0) breaker.succeed(permit);
        }
        expect(breaker.state).toBe('closed');
      }),
      { numRuns: 300 },
    );
  });
});
