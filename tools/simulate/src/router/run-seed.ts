import { live, type Life } from '../seeds/live.js';
import type { SeedResult } from '../seeds/seed-result.js';
import { resultOf } from '../seeds/seed-world.js';
import { beginEnd, finish } from './ending.js';
import { heal } from './healing.js';
import { check } from './invariants.js';
import { drawOperation } from './operations.js';
import type { RouterUnderTest } from './router-under-test.js';
import { RouterWorld } from './world.js';

const LIFE: Life<RouterWorld> = {
  mostOperations: 2_000,
  healedEvery: 250,
  beforeEnd: 20,
  start: (world) => world.start(),
  draw: drawOperation,
  check,
  heal,
  // What the weather is, operations decide.
  healed: () => {},
  beginEnd,
  finish,
};

/** Runs one seed. `recording` keeps what happened as texts; it changes nothing else. */
export function runSeed(seed: number, routing: RouterUnderTest, recording = false): Promise<SeedResult> {
  return resultOf(new RouterWorld(seed, routing, recording), recording, (world) => live(world, LIFE));
}
