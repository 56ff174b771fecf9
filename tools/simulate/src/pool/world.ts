import type { PoolBudget } from '@nest-pooling/pool';
import { SeedWorld } from '../seeds/seed-world.js';
import type { EngineUnderTest } from './engine-under-test.js';
import { drawSetup } from './setup.js';
import { SimulatedPool } from './simulated-pool.js';

/** Stalls less far from each other count together; longer than any examination takes. */
const STALLS_APART_MS = 500;

/** Everything that one seed makes: time, chance, one pool or two under one budget. */
export class World extends SeedWorld {
  readonly budget: PoolBudget | undefined;
  readonly pools: readonly SimulatedPool[];
  /** How likely a piece of a factory's work goes wrong. */
  faultiness = 0;
  /** Faults are over, and whoever is served gives back at once. */
  healing = false;

  constructor(
    seed: number,
    readonly engine: EngineUnderTest,
    recording: boolean,
  ) {
    super(seed, recording, STALLS_APART_MS);
    const { dice } = this;
    const two = dice.chance(0.25);
    this.budget = dice.chance(two ? 0.9 : 0.1)
      ? new engine.PoolBudget({ limit: 1 + dice.below(8) })
      : undefined;
    this.pools = (two ? ['a', 'b'] : ['a']).map((name) => new SimulatedPool(this, name, drawSetup(dice)));
  }

  /** How far time has just leapt: what runs in that moment may run before the keeper has looked at the clock. */
  get leapMs(): number {
    return this.leapWithin(0);
  }

  /** Every permit that is taken has a resource, or the place of one. */
  checkBudget(): void {
    if (this.budget === undefined) return;
    const { held, misuses } = this.budget.report();
    const total = this.pools.reduce((sum, { pool }) => sum + pool.stats().total, 0);
    if (held !== total) this.fail(`${held} permits are taken for ${total} resources`);
    if (misuses > 0) this.fail(`${misuses} permits were given back that nobody had`);
  }
}
