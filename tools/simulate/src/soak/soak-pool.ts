import { systemEnv } from '@nest-pooling/core';
import { measured, must, type Named, type Row } from '@nest-pooling/report';
import { parseArgs } from 'node:util';
import { Dice } from '../seeds/dice.js';
import { pause, SoakWorld, type SoakCounts } from './soak-world.js';

const SECONDS = 60;
/** How long one pool lives before the next one takes its place. */
const POOL_MS = 700;
/** Steps between two looks at the heap, in pools. */
const SHARES = 5;
/** What the heap needs to come to rest is no leak. */
const WARM_UP = 0.2;

/** `npm run soak -- pool [--seconds 60]`: pools in real time, one after the other, and what is left of them. */
export const soakPool: Named = async (args) => {
  const { values } = parseArgs({ args: [...args], options: { seconds: { type: 'string' } } });
  const seconds = values.seconds === undefined ? SECONDS : Number(values.seconds);
  if (!(seconds > 0)) throw new Error(`--seconds must be a number above 0 (got ${values.seconds})`);
  return soak(seconds * 1_000);
};

/** Soaks for so many milliseconds. */
export async function soak(ms: number): Promise<readonly Row[]> {
  const { scheduler } = systemEnv;
  const counts: SoakCounts = { pools: 0, acquires: 0, served: 0, refused: 0, faults: 0, created: 0 };
  const violations: string[] = [];
  const heap: number[] = [];
  const timers: number[] = [];
  const note = (): void => void violations.push('a rejection that nobody handles');
  process.on('unhandledRejection', note);
  const dice = new Dice(scheduler.wallMs());
  const before = pendingTimers();
  const began = scheduler.now();
  do {
    const world = new SoakWorld(dice, counts, violations);
    await live(world, dice, Math.min(POOL_MS, ms / SHARES / 2));
    await world.end();
    timers.push(pendingTimers() - before);
    heap.push(heapAfterGc());
  } while (scheduler.now() - began < ms);
  process.off('unhandledRejection', note);
  for (const violation of new Set(violations)) console.error(violation);
  return rows(counts, violations.length, Math.max(...timers), heap, scheduler.now() - began);
}

/** Everything that can happen to a pool, until its time is over. */
async function live(world: SoakWorld, dice: Dice, ms: number): Promise<void> {
  const { scheduler } = systemEnv;
  const until = scheduler.now() + ms;
  const { pool } = world;
  const steps: readonly (() => void)[] = [
    () => world.resize(),
    () => pool.evict('soaked', { immediately: dice.chance(0.5) }),
    () => pool.suspend(),
    () => void pool.warm(dice.below(5)).catch(() => {}),
    () => pool.retryNow(),
  ];
  while (scheduler.now() < until) {
    for (let n = dice.below(12); n > 0; n--) {
      if (dice.chance(0.5)) world.acquire();
      else world.release();
    }
    if (dice.chance(0.03)) dice.pick(steps)();
    if (dice.chance(0.1)) pool.resume();
    world.verify();
    await pause(dice.below(3));
    world.verify();
  }
  pool.resume();
}

function rows(
  counts: SoakCounts,
  violations: number,
  timers: number,
  heap: readonly number[],
  ms: number,
): readonly Row[] {
  const settled = heap.slice(Math.floor(heap.length * WARM_UP));
  const share = Math.max(1, Math.floor(settled.length / SHARES));
  const growth = median(settled.slice(-share)) / median(settled.slice(0, share));
  return [
    measured('time', ms / 1_000, 's'),
    ...Object.entries(counts).map(([what, n]) => measured(what, n, '')),
    measured('heap at the end', heap.at(-1)! / 1_048_576, 'MB'),
    must('violations', violations, '', { atMost: 0 }),
    must('timers left after a close', timers, 'timers', { atMost: 0 }),
    must('heap: the last fifth against the first', growth, 'x', { atMost: 1.1 }),
  ];
}

function pendingTimers(): number {
  return process.getActiveResourcesInfo().filter((what) => what === 'Timeout' || what === 'Immediate').length;
}

/** Throws where the process cannot be asked to collect: a heap with garbage in it says nothing. */
function heapAfterGc(): number {
  if (globalThis.gc === undefined) throw new Error('run node with --expose-gc');
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
