import { describe, expect, it } from '@jest/globals';
import type { Position } from '@nest-pooling/sql';
import { array, assert, integer, property, record } from 'fast-check';
import { PositionSamples, type Sample } from './position-samples.js';

const took = (ms: number, log: number) => ({ ms, log });
const at = (n: number, timeline = 1): Position => ({ systemId: 's', timeline, at: String(n) });

/** As Postgres compares. */
function compare(have: Position, want: Position): 'reached' | 'behind' | 'incomparable' {
  if (have.systemId !== want.systemId || have.timeline !== want.timeline) return 'incomparable';
  return Number(have.at) >= Number(want.at) ? 'reached' : 'behind';
}

describe('positions of the primary', () => {
  it('the oldest one that covers a moment is the easiest to reach, and right', () => {
    const steps = array(record({ ms: integer({ min: 0, max: 50 }), log: integer({ min: 0, max: 3 }) }), {
      minLength: 1,
      maxLength: 600,
    });
    assert(
      property(steps, integer({ min: 0, max: 20_000 }), (all, asked) => {
        const samples = new PositionSamples(compare);
        const truth: { ms: number; n: number }[] = [];
        let ms = 0;
        let n = 0;
        for (const step of all) {
          ms += step.ms;
          n += step.log;
          truth.push({ ms, n });
          samples.add(at(n), { ms, writes: n });
        }
        const found = samples.covering({ ms: asked, writes: 0 });
        // Whatever was in the log before that moment lies before it; what came at the same reading of the clock may be either.
        const then = truth.findLast((one) => one.ms < asked)?.n ?? 0;
        const placeOf = (sample: Sample | undefined): number | undefined =>
          sample && Number(sample.position.at);
        expect(placeOf(found) ?? Infinity).toBeGreaterThanOrEqual(then);
        expect(found !== undefined || ms < asked).toBe(true);
        // A server at `then` has all that the sample says.
        const { reached, missed } = samples.around(at(then));
        expect(placeOf(reached) ?? -1).toBeLessThanOrEqual(then);
        expect(placeOf(missed) ?? Infinity).toBeGreaterThan(then);
      }),
      // Two answers at one reading of the clock.
      { examples: [[[took(0, 0), took(0, 1)], 0]] },
    );
  });

  it('knows the past, less and less exactly', () => {
    const samples = new PositionSamples(compare);
    for (let n = 0; n < 100_000; n++) samples.add(at(n), { ms: n, writes: n });
    for (const age of [10, 100, 1_000, 10_000, 90_000]) {
      const { missed } = samples.around(at(99_999 - age));
      expect(99_999 - missed!.sinceMs).toBeGreaterThan(0.7 * age);
      expect(99_999 - missed!.sinceMs).toBeLessThanOrEqual(age);
    }
  });

  it('an answer that comes too late changes nothing', () => {
    const samples = new PositionSamples(compare);
    samples.add(at(5), { ms: 10, writes: 3 });
    samples.add(at(4), { ms: 20, writes: 9 });
    expect(samples.newest).toMatchObject({ ms: 10, writes: 3 });
    samples.add(at(5), { ms: 5, writes: 1 });
    expect(samples.newest).toMatchObject({ ms: 10, writes: 3 });
  });

  it('a new history starts with its first position, which stands for all of the older ones', () => {
    const samples = new PositionSamples(compare);
    samples.add(at(5), { ms: 10, writes: 3 });
    expect(samples.base).toEqual(at(5));
    samples.add(at(4, 2), { ms: 20, writes: 4 });
    expect(samples.base).toEqual(at(4, 2));
    expect(samples.around(at(9)).reached).toBeUndefined();
    expect(samples.covering({ ms: 15, writes: 4 })?.position).toEqual(at(4, 2));
  });
});
