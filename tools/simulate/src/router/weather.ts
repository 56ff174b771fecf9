import type { ConnectFate, ModelFates, StatementFate } from '@nest-pooling/sql/testing';
import type { RouterWorld } from './world.js';

const CONNECTS: readonly ConnectFate[] = ['refused', 'overload', 'lost'];

/** Decides what goes wrong with single sessions; how often, changes like the weather. */
export class Weather implements ModelFates {
  /** How likely a piece of work goes wrong. */
  faultiness = 0;
  /** When something went wrong last. */
  lastAt = -Infinity;

  constructor(private readonly world: RouterWorld) {}

  connect(): ConnectFate {
    return this.#bad() ? this.world.otherDice.pick(CONNECTS) : 'works';
  }

  execute(): StatementFate | undefined {
    if (!this.#bad()) return undefined;
    const { otherDice: dice } = this.world;
    return dice.chance(0.3) ? { ms: dice.pick([10, 40]) } : { loss: dice.pick(['before', 'after']) };
  }

  #bad(): boolean {
    const { otherDice: dice } = this.world;
    if (this.faultiness === 0 || !dice.chance(this.faultiness)) return false;
    this.world.faults++;
    this.lastAt = this.world.now;
    return true;
  }
}
