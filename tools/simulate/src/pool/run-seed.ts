import { live, type Life } from '../seeds/live.js';
import type { SeedResult } from '../seeds/seed-result.js';
import { resultOf } from '../seeds/seed-world.js';
import { finish, beginEnd } from './ending.js';
import type { EngineUnderTest } from './engine-under-test.js';
import { heal } from './healing.js';
import { Invariants } from './invariants.js';
import { drawOperation } from './operations.js';
import { World } from './world.js';

/** Runs one seed. `recording` keeps what happened as texts; it changes nothing else. */
export function runSeed(seed: number, engine: EngineUnderTest, recording = false): Promise<SeedResult> {
  return resultOf(new World(seed, engine, recording), recording, (world) => live(world, lifeOf(world)));
}

/** Each operation happens to one of the pools. */
function lifeOf(world: World): Life<World> {
  const { dice, pools } = world;
  const all = pools.map((subject) => ({ world, subject, dice, invariants: new Invariants(subject) }));
  return {
    mostOperations: 3_000,
    healedEvery: 240,
    // Every healing is followed by faults at once.
    beforeEnd: 0,
    start: () => Promise.resolve(),
    draw: () => {
      const operation = drawOperation(dice);
      return { name: operation.name, run: () => operation.run(dice.pick(all)) };
    },
    check: () => {
      for (const { invariants } of all) invariants.check();
      world.checkBudget();
    },
    heal,
    healed: () => {
      world.faultiness = dice.pick([0.05, 0.2]);
    },
    beginEnd: () => {
      for (const { subject } of all) beginEnd(subject, dice);
    },
    finish,
  };
}
