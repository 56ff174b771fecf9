import { live, type Life } from '../seeds/live.js';
import type { SeedResult } from '../seeds/seed-result.js';
import { resultOf } from '../seeds/seed-world.js';
import { beginEnd, finish } from './ending.js';
import { heal } from './healing.js';
import { check } from './invariants.js';
import { drawOperation } from './operations.js';
import type { SqlUnderTest } from './sql-under-test.js';
import { SqlWorld } from './world.js';

const LIFE: Life<SqlWorld> = {
  mostOperations: 3_000,
  healedEvery: 260,
  beforeEnd: 20,
  start: (world) => world.start(),
  draw: drawOperation,
  check,
  heal,
  healed: ({ weather, dice }) => {
    weather.faultiness = dice.pick([0.02, 0.1]);
  },
  beginEnd,
  finish,
};

/** Runs one seed. `recording` keeps what happened as texts; it changes nothing else. */
export function runSeed(seed: number, sql: SqlUnderTest, recording = false): Promise<SeedResult> {
  return resultOf(new SqlWorld(seed, sql, recording), recording, (world) => live(world, LIFE));
}
