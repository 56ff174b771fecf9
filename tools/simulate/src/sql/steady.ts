import { drawKey, plainRead, read, write } from './statements.js';
import type { SqlWorld } from './world.js';

/** How much of it is looked at. */
const READS = 10;
const WRITES = 4;
/** Reads that are slow enough for few of them to fill a pipe, and fast enough to share one. */
const DENSE_MS = 4;

/**
 * Everything is well, and callers read and write all the time: nothing may fail, and nobody may wait for long, neither who reads
 * while others write nor who writes while others read.
 */
export async function live(world: SqlWorld): Promise<void> {
  const { dice, env } = world;
  const { maxWaiters, acquireTimeoutMs, shedding } = world.setup.settings;
  const limitMs = boundMs(world);
  // Who has less patience than that may fail.
  if (acquireTimeoutMs < limitMs || shedding !== undefined) return;
  const dense = dice.chance(0.3);
  const crowd = dice.chance(0.2) ? 22 : 10;
  const writers = 1 + dice.below(3);
  const readers = Math.max(1, Math.min(dense ? 4 : 2 + dice.below(crowd), maxWaiters - writers));
  world.steady = true;
  let reading = 0;
  let writing = writers;
  const once = async (ask: Promise<void>): Promise<void> => {
    const began = world.now;
    await ask;
    if (world.now - began > limitMs)
      world.fail(`somebody had to wait for ${world.now - began} ms, more than ${limitMs}`);
  };
  const reader = async (): Promise<void> => {
    reading++;
    const key = drawKey(dice);
    // Where pipes are full, for as long as anybody wants to write.
    for (let n = 0; (dense ? writing > 0 : n < READS) && world.violations.length === 0; n++)
      await once(dense ? read(world, {}, key, DENSE_MS) : plainRead(world, key));
    reading--;
  };
  const writer = async (): Promise<void> => {
    for (let n = 0; n < WRITES && world.violations.length === 0; n++)
      await once(write(world, {}, drawKey(dice)));
    writing--;
  };
  for (let n = 0; n < readers; n++) void reader();
  for (let n = 0; n < writers; n++) void writer();
  const most = limitMs * (READS + WRITES);
  for (let ms = 0; reading + writing > 0 && world.violations.length === 0; ms += 5) {
    if (ms > most) world.fail('reads and writes do not come to an end');
    await env.advance(5);
  }
  world.steady = false;
}

/**
 * The longest that a pipe is kept from those who wait, what is on its wire, and the way of its session through the hands of all
 * others who wait.
 */
function boundMs({ setup: { wayMs, latencyMs } }: SqlWorld): number {
  const trip = 2 * wayMs + latencyMs;
  return 300 + 30 * trip + 30 * latencyMs;
}
