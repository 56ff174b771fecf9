import { VirtualEnv } from '@nest-pooling/core/testing';
import { Dice } from './dice.js';
import type { SeedResult } from './seed-result.js';
import { Trace } from './trace.js';

/** What every world has that a seed makes: time, chance, an account of what happened and of what was wrong. */
export class SeedWorld {
  readonly env: VirtualEnv;
  /** Decides what callers do. */
  readonly dice: Dice;
  /** Decides what the other side does; apart, so that the doings of the code under test change no plan of the callers. */
  readonly otherDice: Dice;
  readonly trace: Trace;
  /** What was done wrong, the first thing first. */
  readonly violations: string[] = [];
  readonly counts: Record<string, number> = {};
  operations = 0;
  faults = 0;
  /** Timers of the world itself: the others are those of the code under test. */
  naps = 0;
  #stalledUntil = -1;
  #stallMs = 0;

  constructor(
    readonly seed: number,
    recording: boolean,
    /** Stalls less far from each other count together. */
    private readonly stallsApartMs: number,
  ) {
    this.env = new VirtualEnv(seed);
    this.dice = new Dice(2 * seed);
    this.otherDice = new Dice(2 * seed + 1);
    this.trace = new Trace(recording, () => this.now);
  }

  get now(): number {
    return this.env.scheduler.now();
  }

  /** Blocks the event loop; `arrived` is what comes in meanwhile. */
  async stall(ms: number, arrived: () => void): Promise<void> {
    this.#leaps(ms);
    await this.env.stall(ms, arrived);
  }

  /** The same in the middle of a turn; `ask` is what is asked for in the rest of it. */
  async block(ms: number, arrived: () => void, ask: () => void): Promise<void> {
    this.#leaps(ms);
    this.env.block(ms);
    ask();
    await this.env.stall(0, arrived);
  }

  /** How far time has leapt within the last `ms`. */
  leapWithin(ms: number): number {
    return this.now - this.#stalledUntil <= ms ? this.#stallMs : 0;
  }

  #leaps(ms: number): void {
    this.faults++;
    // One after the other is one: what is under way for so long saw both.
    this.#stallMs = ms + this.leapWithin(this.stallsApartMs);
    this.#stalledUntil = this.now + ms;
  }

  fail(what: string): void {
    this.violations.push(what);
    this.trace.note(`VIOLATION ${what}`);
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  nap(ms: number): Promise<void> {
    this.naps++;
    return new Promise((resolve) => {
      this.env.scheduler.after(ms, () => {
        this.naps--;
        resolve();
      });
    });
  }
}

/** Lets a world live, and says how that went. */
export async function resultOf<World extends SeedWorld>(
  world: World,
  recording: boolean,
  live: (world: World) => Promise<void>,
): Promise<SeedResult> {
  try {
    await live(world);
  } catch (error) {
    world.fail(`something threw: ${error instanceof Error ? error.message : 'no error'}`);
    if (recording && error instanceof Error) world.trace.lines.push(error.stack ?? '');
  }
  const { seed, operations, faults, counts, violations, trace } = world;
  const { lines } = trace;
  return { seed, hash: trace.hash >>> 0, operations, faults, counts, violation: violations[0], lines };
}
