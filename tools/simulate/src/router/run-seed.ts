import type { SeedResult } from '../seeds/seed-result.js';
import { resultOf } from '../seeds/seed-world.js';
import { beginEnd, finish } from './ending.js';
import { heal } from './healing.js';
import { check } from './invariants.js';
import { drawOperation } from './operations.js';
import type { RouterUnderTest } from './router-under-test.js';
import { RouterWorld } from './world.js';

/** At least so many of each before the routers are ended. */
const OPERATIONS = 500;
const FAULTS = 10;
/** A seed in which too little goes wrong ends all the same. */
const MOST_OPERATIONS = 2_000;
const BEFORE_END = 20;
const AFTER_END = 15;
/** How often the world gets time to heal, on the way. */
const HEALED_EVERY = 170;

/** Runs one seed. `recording` keeps what happened as texts; it changes nothing else. */
export function runSeed(seed: number, routing: RouterUnderTest, recording = false): Promise<SeedResult> {
  return resultOf(new RouterWorld(seed, routing, recording), recording, simulate);
}

async function simulate(world: RouterWorld): Promise<void> {
  const { dice, violations } = world;
  const some = async (until: () => boolean): Promise<void> => {
    while (!until() && violations.length === 0) {
      const operation = drawOperation(dice);
      world.operations++;
      world.trace.note(operation.name);
      await operation.run(world, dice);
      // Some follow each other in one turn of the event loop: that is where races are.
      if (dice.chance(0.3)) continue;
      await world.env.settle();
      check(world);
    }
  };
  const plenty = (): boolean => world.operations >= OPERATIONS && world.faults >= FAULTS;
  await world.start();
  for (let goal = HEALED_EVERY; !plenty() && world.operations < MOST_OPERATIONS; goal += HEALED_EVERY) {
    await some(() => world.operations >= goal || plenty());
    if (violations.length > 0) return;
    await heal(world);
    await world.env.settle();
    check(world);
    if (violations.length > 0) return;
  }
  // In the middle of everything.
  const busy = world.operations + BEFORE_END;
  await some(() => world.operations >= busy);
  if (violations.length > 0) return;
  beginEnd(world);
  const goal = world.operations + AFTER_END;
  await some(() => world.operations >= goal);
  if (violations.length === 0) await finish(world);
}
