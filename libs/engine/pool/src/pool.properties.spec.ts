import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { World } from './world.fixture.js';
import { ends, settings, steps } from './world-steps.fixture.js';

const RUNS = 300;

describe('the pool, whatever happens', () => {
  test.each([4, 5])(
    'is as good as new when the faults end (seed %p)',
    async (seed) => {
      await fc.assert(
        fc.asyncProperty(
          settings,
          fc.constantFrom(2, 8, Infinity),
          fc.array(fc.tuple(steps, fc.boolean()), { minLength: 5, maxLength: 60 }),
          async (given, permits, during) => {
            const world = new World(given, permits);
            const done: string[] = [];
            for (const [[name, run], settle] of during) {
              done.push(name);
              await run(world);
              if (settle) await world.env.settle();
            }
            expect([await world.heal(), done]).toEqual([[], done]);
            expect([await world.finish(), done]).toEqual([[], done]);
          },
        ),
        { seed, numRuns: RUNS },
      );
    },
    120_000,
  );

  test.each([1, 2, 3])(
    'keeps its invariants and ends clean (seed %p)',
    async (seed) => {
      await fc.assert(
        fc.asyncProperty(
          settings,
          fc.constantFrom(2, 8, Infinity),
          fc.array(fc.tuple(steps, fc.boolean()), { minLength: 5, maxLength: 60 }),
          fc.tuple(ends, fc.array(fc.tuple(steps, fc.boolean()), { maxLength: 15 })),
          async (given, permits, during, [end, after]) => {
            const world = new World(given, permits);
            const done: string[] = [];
            // Some steps follow each other in one turn of the event loop: that is where races are.
            for (const [[name, run], settle] of [...during, [end, false] as const, ...after]) {
              done.push(name);
              await run(world);
              if (!settle) continue;
              await world.env.settle();
              expect([world.verify(), done]).toEqual([[], done]);
            }
            expect([await world.finish(), done]).toEqual([[], done]);
          },
        ),
        { seed, numRuns: RUNS },
      );
    },
    120_000,
  );
});
