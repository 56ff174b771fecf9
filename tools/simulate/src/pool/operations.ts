import { deadlineKey, labelKey, runInContext } from '@nest-pooling/core';
import type { Dice } from '../seeds/dice.js';
import { drawerOf, type Weighted } from '../seeds/weighted.js';
import type { Invariants } from './invariants.js';
import type { Asking } from './callers.js';
import type { SimulatedPool } from './simulated-pool.js';
import type { World } from './world.js';

/** What an operation works on. */
export interface Scene {
  readonly world: World;
  readonly subject: SimulatedPool;
  readonly invariants: Invariants;
  readonly dice: Dice;
}

/** Something that can happen to a pool. */
export interface Operation extends Weighted {
  run(scene: Scene): void | Promise<void>;
}

const TIMEOUTS = [0, 1, 15, 60, 400, 2_000];

const PRIORITIES = ['high', 'normal', 'low'] as const;

function asking(dice: Dice): Asking {
  return {
    ...(dice.chance(0.5) && { timeoutMs: dice.pick(TIMEOUTS) }),
    ...(dice.chance(0.25) && { abortable: true }),
    ...(dice.chance(0.3) && { label: 'somebody' }),
    ...(dice.chance(0.2) && { priority: dice.pick(PRIORITIES) }),
  };
}

/** Everything that can happen. A new option of the engine gets its line here. */
export const operations: readonly Operation[] = [
  { name: 'acquire', weight: 22, run: ({ subject, dice }) => subject.acquire(asking(dice)) },
  {
    name: 'acquire in a scope',
    weight: 1,
    run: ({ subject, dice, world }) =>
      runInContext(deadlineKey, world.now + dice.below(300) - 5, () =>
        runInContext(labelKey, 'scope', () => subject.acquire(asking(dice))),
      ),
  },
  { name: 'tryAcquire', weight: 5, run: ({ subject }) => subject.tryAcquire() },
  {
    name: 'use',
    weight: 8,
    run: ({ subject, dice }) =>
      subject.use(dice.pick([0, 5, 40]), dice.chance(0.2), dice.chance(0.4) ? asking(dice) : undefined),
  },
  {
    name: 'use and want another',
    weight: 2,
    run: ({ subject, dice }) => subject.use(dice.below(60), false, undefined, true),
  },
  {
    name: 'release',
    weight: 18,
    run: ({ subject, dice }) =>
      subject.end(dice.below(subject.held.length + 1), dice.chance(0.8) ? 'release' : 'dispose'),
  },
  {
    name: 'release all',
    weight: 2,
    run: ({ subject }) => {
      while (subject.held.length > 0) subject.end(0, 'release');
    },
  },
  {
    name: 'discard',
    weight: 3,
    run: ({ subject, dice }) => subject.end(dice.below(subject.held.length + 1), 'discard'),
  },
  {
    name: 'release twice',
    weight: 2,
    run: ({ subject, dice }) => subject.misuse(dice.pick(['release', 'discard'])),
  },
  { name: 'lose', weight: 1, run: ({ subject, dice }) => subject.lose(dice.below(subject.held.length + 1)) },
  { name: 'use after the end', weight: 1, run: ({ subject }) => subject.misuse('use') },
  {
    name: 'abort',
    weight: 4,
    run: ({ subject, dice }) => {
      const { controllers } = subject.callers;
      const [controller] = controllers.splice(dice.below(controllers.length), 1);
      controller?.abort();
    },
  },
  {
    name: 'resize',
    weight: 1,
    run: ({ subject, invariants, dice }) => {
      // That one decides for itself.
      if (subject.setup.settings.adaptive !== undefined) return;
      const max = 1 + dice.below(7);
      const min = dice.below(max + 1);
      invariants.allow(max, min);
      subject.resize(min, max);
    },
  },
  {
    name: 'warm',
    weight: 1,
    run: ({ subject, invariants, dice }) => {
      const n = dice.below(8);
      invariants.allow(0, n);
      subject.warm(n);
    },
  },
  { name: 'evict', weight: 1, run: ({ subject, dice }) => subject.evict(dice.chance(0.5)) },
  { name: 'invalidate', weight: 1, run: ({ subject }) => subject.invalidate() },
  { name: 'suspend', weight: 0.5, run: ({ subject }) => subject.pool.suspend() },
  { name: 'resume', weight: 2, run: ({ subject }) => subject.resume() },
  { name: 'abandon', weight: 0.3, run: ({ subject }) => subject.abandon() },
  { name: 'retry now', weight: 0.5, run: ({ subject }) => subject.pool.retryNow() },
  { name: 'start', weight: 0.5, run: ({ subject }) => subject.start() },
  { name: 'a moment', weight: 12, run: ({ world, dice }) => world.env.advance(1 + dice.below(20)) },
  { name: 'a while', weight: 5, run: ({ world, dice }) => world.env.advance(20 + dice.below(150)) },
  { name: 'long', weight: 0.6, run: ({ world, dice }) => world.env.advance(200 + dice.below(1_500)) },
  {
    name: 'stall',
    weight: 0.6,
    run: ({ world, subject, dice }) =>
      world.stall(dice.pick([30, 300, 2_000]), () => subject.end(0, 'release')),
  },
  {
    name: 'the weather changes',
    weight: 1.5,
    run: ({ world, dice }) => {
      world.faultiness = dice.pick([0, 0.02, 0.1, 0.4, 0.9]);
    },
  },
  {
    name: 'permits',
    weight: 0.5,
    run: ({ world, dice }) => world.budget?.resize(dice.below(10)),
  },
];

/** One of them, the frequent ones more often. */
export const drawOperation = drawerOf(operations);
