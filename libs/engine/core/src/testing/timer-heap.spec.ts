import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { TimerHeap, type TimerEntry } from './timer-heap.js';

const entry = (at: number, order: number): TimerEntry => ({ at, order, fn: () => {}, place: -1 });

describe('TimerHeap', () => {
  test('gives the earliest first, equal ones in their order, whatever is added and removed', () => {
    const step = fc.oneof(
      fc.record({ add: fc.nat(20) }),
      fc.record({ remove: fc.nat(40) }),
      fc.constant('first' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const heap = new TimerHeap();
        const all: TimerEntry[] = [];
        let live: TimerEntry[] = [];
        const remove = (one: TimerEntry): void => {
          heap.remove(one);
          live = live.filter((other) => other !== one);
        };
        for (const what of steps) {
          if (what === 'first') {
            if (live.length > 0) remove(heap.first!);
          } else if ('add' in what) {
            const made = entry(what.add, all.length);
            all.push(made);
            live.push(made);
            heap.add(made);
          } else if (all.length > 0) remove(all[what.remove % all.length]!);
          expect(heap.size).toBe(live.length);
          expect(heap.first).toBe(live.toSorted((a, b) => a.at - b.at || a.order - b.order)[0]);
        }
      }),
      { numRuns: 500 },
    );
  });
});
