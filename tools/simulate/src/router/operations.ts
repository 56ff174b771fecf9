import { strategyNames } from '@nest-pooling/routing';
import type { Dice } from '../seeds/dice.js';
import { drawerOf, type Weighted } from '../seeds/weighted.js';
import { faults } from './faults.js';
import { lendPrimary, lendReplica } from './lending.js';
import { drawAsking, drawKey, drawLevel, read, write } from './requests.js';
import { visit } from './visits.js';
import type { RouterWorld } from './world.js';

/** Something that can happen to two routers and their cluster. */
export interface Operation extends Weighted {
  run(world: RouterWorld, dice: Dice): void | Promise<void>;
}

/** What callers do. */
const callers: readonly Operation[] = [
  {
    name: 'read',
    weight: 14,
    run: (world, dice) => void read(world, dice.pick(world.apps), drawAsking(dice), drawLevel(dice)),
  },
  {
    name: 'read with another strategy',
    weight: 1,
    run: (world, dice) =>
      void read(
        world,
        dice.pick(world.apps),
        drawAsking(dice),
        {},
        undefined,
        undefined,
        dice.pick(strategyNames),
      ),
  },
  {
    name: 'burst of reads',
    weight: 3,
    run: (world, dice) => {
      const app = dice.pick(world.apps);
      const level = drawLevel(dice);
      for (let n = 3 + dice.below(12); n > 0; n--) void read(world, app, drawAsking(dice), level);
    },
  },
  {
    name: 'write',
    weight: 8,
    run: (world, dice) => void write(world, dice.pick(world.apps), drawAsking(dice), drawKey(dice)),
  },
  {
    name: 'hidden write',
    weight: 2,
    run: (world, dice) => void write(world, dice.pick(world.apps), drawAsking(dice), drawKey(dice), [], true),
  },
  {
    name: 'visit',
    weight: 6,
    run: (world, dice) => void visit(world, dice.pick(world.apps), dice.pick(world.users)),
  },
  {
    name: 'transaction',
    weight: 2,
    run: (world, dice) => lendPrimary(world, dice.pick(world.apps), drawAsking(dice), 'transaction'),
  },
  {
    name: 'use',
    weight: 2,
    run: (world, dice) => lendPrimary(world, dice.pick(world.apps), drawAsking(dice), 'use'),
  },
  {
    name: 'lent read',
    weight: 2,
    run: (world, dice) => lendReplica(world, dice.pick(world.apps), drawAsking(dice), drawLevel(dice)),
  },
  {
    name: 'abort',
    weight: 3,
    run: ({ calls }, dice) => {
      const abortable = [...calls.pending].flatMap(({ controller }) => controller ?? []);
      if (abortable.length > 0) dice.pick(abortable).abort(new Error('the caller has gone'));
    },
  },
];

/** What passes, and what an operator of an app does. */
const others: readonly Operation[] = [
  {
    name: 'resize',
    weight: 0.3,
    run: (world, dice) => dice.pick(world.apps).router.tune({ min: 0, max: 2 + dice.below(7) }),
  },
  { name: 'evict', weight: 0.2, run: (world, dice) => dice.pick(world.apps).router.evict('evicted') },
  { name: 'a moment', weight: 10, run: ({ env }, dice) => env.advance(dice.pick([0.5, 1, 3, 3, 12])) },
  { name: 'a while', weight: 6, run: ({ env }, dice) => env.advance(15 + dice.below(100)) },
  { name: 'long', weight: 0.8, run: ({ env }, dice) => env.advance(200 + dice.below(900)) },
];

/** One of all, the frequent ones more often. */
export const drawOperation = drawerOf<Operation>([...callers, ...others, ...faults]);
