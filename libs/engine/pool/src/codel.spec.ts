import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { CoDel } from './index.js';

/** Serves somebody every 10 ms from `from` to `to`, who waited `delayMs`; gives the moments at which one was dropped. */
function serve(codel: CoDel, from: number, to: number, delayMs: number): number[] {
  const dropped: number[] = [];
  for (let now = from; now < to; now += 10) if (codel.overloaded(delayMs, now)) dropped.push(now);
  return dropped;
}

describe('CoDel', () => {
  test('has a target of 50 ms and an interval of 2 s, and refuses nonsense', () => {
    expect([new CoDel().targetMs, new CoDel().intervalMs]).toEqual([50, 2_000]);
    expect(() => new CoDel({ targetMs: 0, intervalMs: Infinity, target: 5 } as never)).toThrow(
      /target: is unknown; did you mean targetMs[^]*targetMs: [^]*intervalMs: /,
    );
  });

  test('drops who waited for more than twice the target after a whole interval above it', () => {
    const codel = new CoDel({ targetMs: 50, intervalMs: 1_000 });
    expect(serve(codel, 0, 1_000, 101)).toEqual([]);
    expect(codel.dropOlderThanMs).toBe(Infinity);
    expect(codel.overloaded(101, 1_000)).toBe(true);
    expect(codel.dropOlderThanMs).toBe(100);
    expect([codel.overloaded(100, 1_001), codel.overloaded(51, 1_002)]).toEqual([false, false]);
  });

  test('drops nobody when one of an interval waited no longer than the target', () => {
    const codel = new CoDel({ targetMs: 50, intervalMs: 1_000 });
    for (let at = 0; at < 10_000; at += 1_000) {
      expect(serve(codel, at, at + 900, 5_000)).toEqual([]);
      expect(codel.overloaded(50, at + 950)).toBe(false);
    }
  });

  test('drops nobody when the queue was empty within the interval', () => {
    const codel = new CoDel({ targetMs: 50, intervalMs: 1_000 });
    serve(codel, 0, 900, 500);
    codel.emptied();
    expect(serve(codel, 900, 2_000, 500)).toEqual([]);
    expect(serve(codel, 2_000, 2_020, 500)).toEqual([2_000, 2_010]);
  });

  test('stops when waits are short again', () => {
    const codel = new CoDel({ targetMs: 50, intervalMs: 1_000 });
    serve(codel, 0, 2_000, 500);
    expect(serve(codel, 2_000, 2_010, 500)).toEqual([2_000]);
    serve(codel, 2_010, 3_000, 10);
    expect(serve(codel, 3_000, 4_000, 500)).toEqual([]);
  });

  test('judges nobody by an overload of long ago', () => {
    const codel = new CoDel({ targetMs: 50, intervalMs: 1_000 });
    serve(codel, 0, 1_500, 500);
    expect(codel.dropOlderThanMs).toBe(100);
    expect(codel.overloaded(500, 3_600_000)).toBe(false);
    expect(codel.dropOlderThanMs).toBe(Infinity);
  });

  test('never drops who waited for at most twice the target, nor anybody before an interval is over', () => {
    const step = fc.tuple(fc.nat(300), fc.nat(500));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const codel = new CoDel({ targetMs: 50, intervalMs: 1_000 });
        let now = 0;
        const wrong: unknown[] = [];
        for (const [pause, delay] of steps) {
          now += pause;
          const dropped = codel.overloaded(delay, now);
          if (dropped && (delay <= 100 || now - steps[0]![0] < 1_000)) wrong.push([now, delay]);
        }
        expect(wrong).toEqual([]);
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });
});
