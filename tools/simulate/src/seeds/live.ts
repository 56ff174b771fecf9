import type { Dice } from './dice.js';
import type { SeedWorld } from './seed-world.js';

/** At least so many of each before the end of a seed begins. */
const OPERATIONS = 500;
const FAULTS = 10;
/** How many operations follow after the end has begun. */
const AFTER_END = 15;
/** So often an operation follows the one before in one turn of the event loop: that is where races are. */
const TOGETHER = 0.3;

/** What the life of a world is made of. */
export interface Life<World extends SeedWorld> {
  /** A seed in which too little goes wrong ends after so many operations all the same. */
  readonly mostOperations: number;
  /** How often, in operations, the world gets time to heal on the way. */
  readonly healedEvery: number;
  /** So many operations follow the last healing, so that the end comes in the middle of everything. */
  readonly beforeEnd: number;
  /** Before the first operation. */
  start(world: World): Promise<void>;
  /** What happens next. */
  draw(dice: Dice): { readonly name: string; run(world: World, dice: Dice): void | Promise<void> };
  /** Complains about what is wrong whenever nothing is going on. */
  check(world: World): void;
  /** Ends all faults, and complains if not all is well then in bounded time. */
  heal(world: World): Promise<void>;
  /** After healing, when all was well. */
  healed(world: World): void;
  /** What is simulated is told to end. */
  beginEnd(world: World): void;
  /** Waits for its end, and complains about what is left over. */
  finish(world: World): Promise<void>;
}

/** Lets a world live: operations and faults, healing now and then, and an end. Stops at the first violation. */
export async function live<World extends SeedWorld>(world: World, life: Life<World>): Promise<void> {
  const { dice, violations, env } = world;
  const settled = async (): Promise<void> => {
    await env.settle();
    life.check(world);
  };
  const some = async (until: () => boolean): Promise<boolean> => {
    while (!until() && violations.length === 0) {
      const operation = life.draw(dice);
      world.operations++;
      world.trace.note(operation.name);
      await operation.run(world, dice);
      if (!dice.chance(TOGETHER)) await settled();
    }
    return violations.length === 0;
  };
  const more = (n: number): Promise<boolean> => {
    const goal = world.operations + n;
    return some(() => world.operations >= goal);
  };
  const plenty = (): boolean => world.operations >= OPERATIONS && world.faults >= FAULTS;
  const { healedEvery, mostOperations } = life;
  await life.start(world);
  for (let goal = healedEvery; !plenty() && world.operations < mostOperations; goal += healedEvery) {
    if (!(await some(() => world.operations >= goal || plenty()))) return;
    await life.heal(world);
    await settled();
    if (violations.length > 0) return;
    life.healed(world);
  }
  if (!(await more(life.beforeEnd))) return;
  life.beginEnd(world);
  if (await more(AFTER_END)) await life.finish(world);
}
