import type { SeedResult } from '../seeds/seed-result.js';
import { resultOf } from '../seeds/seed-world.js';
import { finish, beginEnd } from './ending.js';
import type { EngineUnderTest } from './engine-under-test.js';
import { heal } from './healing.js';
import { Invariants } from './invariants.js';
import { drawOperation } from './operations.js';
import { World } from './world.js';

/** At least so many of each before the pools are ended. */
const OPERATIONS = 500;
const FAULTS = 10;
/** A seed in which too little goes wrong ends all the same. */
const MOST_OPERATIONS = 3_000;
const AFTER_END = 15;
/** How often the world gets time to heal, on the way. */
const HEALED_EVERY = 240;

/** Runs one seed. `recording` keeps what happened as texts; it changes nothing else. */
export function runSeed(seed: number, engine: EngineUnderTest, recording = false): Promise<SeedResult> {
  return resultOf(new World(seed, engine, recording), recording, simulate);
}

async function simulate(world: World): Promise<void> {
  const { dice, pools, violations } = world;
  const all = pools.map((subject) => ({ world, subject, dice, invariants: new Invariants(subject) }));
  const check = (): void => {
    for (const { invariants } of all) invariants.check();
    world.checkBudget();
  };
  const some = async (until: () => boolean): Promise<void> => {
    while (!until() && violations.length === 0) {
      const operation = drawOperation(dice);
      world.operations++;
      world.trace.note(operation.name);
      await operation.run(dice.pick(all));
      // Some follow each other in one turn of the event loop: that is where races are.
      if (dice.chance(0.3)) continue;
      await world.env.settle();
      check();
    }
  };
  const plenty = (): boolean => world.operations >= OPERATIONS && world.faults >= FAULTS;
  for (let goal = HEALED_EVERY; !plenty() && world.operations < MOST_OPERATIONS; goal += HEALED_EVERY) {
    await some(() => world.operations >= goal || plenty());
    if (violations.length > 0) return;
    await heal(world);
    await world.env.settle();
    check();
    if (violations.length > 0) return;
    world.faultiness = dice.pick([0.05, 0.2]);
  }
  for (const { subject } of all) beginEnd(subject, dice);
  const goal = world.operations + AFTER_END;
  await some(() => world.operations >= goal);
  if (violations.length === 0) await finish(world);
}
