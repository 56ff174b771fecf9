import type { Dice } from '../seeds/dice.js';
import { drawerOf, type Weighted } from '../seeds/weighted.js';
import { faults } from './faults.js';
import { transaction, use } from './lending.js';
import { drawTerms, drawTransaction, drawUse } from './plans.js';

import {
  drawAsking,
  drawKey,
  failingRead,
  misnamedRead,
  plainRead,
  read,
  setSomething,
  trap,
  write,
} from './statements.js';
import { stream } from './streams.js';
import type { SqlWorld } from './world.js';

/** Something that can happen to a SQL pool. */
export interface Operation extends Weighted {
  run(world: SqlWorld, dice: Dice): void | Promise<void>;
}

const LONGEST_PING_MS = 500;

/** What callers do. */
const callers: readonly Operation[] = [
  { name: 'read', weight: 16, run: (world, dice) => void read(world, drawAsking(dice), drawKey(dice)) },
  { name: 'plain read', weight: 8, run: (world, dice) => void plainRead(world, drawKey(dice)) },
  {
    name: 'burst',
    weight: 3,
    run: (world, dice) => {
      const limited = dice.pick([0, 0.3, 0.8]);
      for (let n = 4 + dice.below(16); n > 0; n--) void read(world, drawAsking(dice, limited), drawKey(dice));
    },
  },
  {
    name: 'burst behind somebody in a hurry',
    weight: 1,
    run: (world, dice) => {
      void read(world, { scopeMs: 1 + dice.below(12) }, drawKey(dice));
      for (let n = 2 + dice.below(6); n > 0; n--) void plainRead(world, drawKey(dice));
      void write(world, {}, drawKey(dice), dice.chance(0.7));
    },
  },
  {
    name: 'named read',
    weight: 3,
    run: (world, dice) => {
      const key = drawKey(dice);
      void read(world, drawAsking(dice), key, undefined, { name: `by_${key}` });
    },
  },
  {
    name: 'slow read',
    weight: 3,
    run: (world, dice) => void read(world, drawAsking(dice, 0.6), drawKey(dice), dice.pick([2, 7, 25, 120])),
  },
  {
    name: 'read alone',
    weight: 1,
    run: (world, dice) => void read(world, drawAsking(dice), drawKey(dice), undefined, { multiplex: false }),
  },
  {
    name: 'misnamed read',
    weight: 1,
    run: (world, dice) => misnamedRead(world, drawAsking(dice), drawKey(dice)),
  },
  {
    name: 'failing read',
    weight: 1.5,
    run: (world, dice) =>
      failingRead(world, drawAsking(dice), dice.pick(['constraint', 'cancelled', 'other'])),
  },
  {
    name: 'hidden write',
    weight: 2.5,
    run: (world, dice) => void write(world, drawAsking(dice), drawKey(dice), true),
  },
  { name: 'trap', weight: 0.7, run: (world, dice) => trap(world, drawAsking(dice)) },
  { name: 'write', weight: 9, run: (world, dice) => void write(world, drawAsking(dice), drawKey(dice)) },
  { name: 'set', weight: 1, run: (world, dice) => setSomething(world, drawAsking(dice)) },
  {
    name: 'transaction',
    weight: 7,
    run: (world, dice) => transaction(world, drawAsking(dice), drawTransaction(dice), drawTerms(dice)),
  },
  { name: 'use', weight: 4, run: (world, dice) => use(world, drawAsking(dice), drawUse(dice)) },
  {
    name: 'stream',
    weight: 2,
    run: (world, dice) =>
      stream(world, drawAsking(dice), drawKey(dice), {
        rows: dice.pick([0, 1, 7]),
        batchSize: dice.pick([1, 3, 100]),
        leavesAfter: dice.pick([1, 4, 1_000]),
        napMs: dice.pick([0, 0, 4]),
        firstNapMs: dice.chance(0.04) ? world.statementMs : 0,
        throws: dice.chance(0.1),
      }),
  },
  {
    name: 'abort',
    weight: 5,
    run: ({ calls }, dice) => {
      const abortable = [...calls.pending].flatMap(({ controller }) => controller ?? []);
      if (abortable.length > 0) dice.pick(abortable).abort(new Error('the caller has gone'));
    },
  },
];

/** What an operator does. */
const operators: readonly Operation[] = [
  {
    name: 'ping',
    weight: 0.7,
    run: (world, dice) => {
      const timeoutMs = dice.pick([5, 50, LONGEST_PING_MS]);
      const { pool, now, ending } = world;
      const open = { waits: true };
      // Those that overlap share one, which has the time of the first.
      void world.nap(LONGEST_PING_MS + 1).then(() => {
        if (open.waits && world.leapWithin(LONGEST_PING_MS) === 0) world.fail('a ping takes too long');
      });
      void pool.ping({ timeoutMs }).then((answers) => {
        open.waits = false;
        const { ok, ms } = answers[world.server.id]!;
        if (ok && ms < 0) world.fail(`a ping took ${ms} ms`);
        world.trace.note('ping', ms, now + (ending === undefined ? 0 : 1));
      });
    },
  },
  {
    name: 'resize',
    weight: 0.7,
    run: (world, dice) => {
      const max = dice.pick([1, 2, 3, 6]);
      world.resize(dice.below(Math.min(max, 3) + 1), max);
    },
  },
  { name: 'evict', weight: 0.6, run: ({ pool }) => pool.evict('evicted') },
  { name: 'suspend', weight: 0.4, run: ({ pool }) => pool.suspend() },
  { name: 'resume', weight: 2, run: ({ pool }) => pool.resume() },
  { name: 'a moment', weight: 14, run: ({ env }, dice) => env.advance(dice.pick([0.5, 1, 3, 3, 12])) },
  { name: 'a while', weight: 5, run: ({ env }, dice) => env.advance(15 + dice.below(100)) },
  { name: 'long', weight: 0.4, run: ({ env }, dice) => env.advance(200 + dice.below(1_200)) },
];

/** One of all, the frequent ones more often. */
export const drawOperation = drawerOf<Operation>([...callers, ...operators, ...faults]);
