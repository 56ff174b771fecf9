import type { Dice } from '../seeds/dice.js';
import type { SimulatedPool } from './simulated-pool.js';
import type { World } from './world.js';

/** Callers' work that is still under way when the pool ends. */
const WORK_MS = 100;

/** Begins to end one pool in one of the ways there are. */
export function beginEnd(subject: SimulatedPool, dice: Dice): void {
  const { pool, setup, world } = subject;
  const { closeTimeoutMs } = setup.settings;
  const deadlineMs = dice.pick([0, 50, 500]);
  const drains = dice.chance(0.4);
  world.trace.note(drains ? 'drain' : 'close');
  subject.factory.ended = true;
  const ending = { closed: false, limitMs: drains ? deadlineMs : closeTimeoutMs };
  subject.ending = ending;
  const done = drains ? pool.drain({ deadlineMs }) : pool.close();
  done.then(
    () => {
      ending.closed = true;
      world.trace.note('closed');
      // At this very moment, not some time later: the process could end now.
      if (world.pools.every((other) => other.ending?.closed) && world.env.pendingTimers > world.naps)
        world.fail(`${world.env.pendingTimers - world.naps} timers are pending when the pools are closed`);
    },
    () => world.fail('the end of a pool was rejected'),
  );
}

/** Waits as long as ending may take, and tells what is left over. */
export async function finish(world: World): Promise<void> {
  const { env, pools } = world;
  await env.settle();
  for (const { pool } of pools) void pool.close();
  await env.advance(
    Math.max(...pools.map(({ ending, setup }) => ending!.limitMs + setup.settings.destroyTimeoutMs)) +
      WORK_MS,
  );
  const closed = pools.map(({ ending }) => ending!.closed);
  // Creates that come late, and what callers still do.
  await env.advance(Math.max(...pools.map(({ setup }) => setup.settings.createTimeoutMs)) + 2 * WORK_MS);
  for (const [at, subject] of pools.entries()) leftOver(subject, closed[at]!);
  if (env.pendingTimers > 0) world.fail(`${env.pendingTimers} timers are left`);
  if (env.watchedTargets > 0) world.fail(`${env.watchedTargets} targets are still watched`);
  const held = world.budget?.report().held ?? 0;
  if (held > 0) world.fail(`${held} permits are not given back`);
}

function leftOver({ world, name, pool, factory, callers, setup }: SimulatedPool, closed: boolean): void {
  const claim = (what: string, holds: boolean): void => {
    if (!holds) world.fail(`${name}, closed: ${what}: ${JSON.stringify(pool.stats())}`);
  };
  const stats = pool.stats();
  claim('not in time', closed);
  claim(`the status is ${stats.status}`, stats.status === 'closed');
  claim('callers got no answer', callers.pending.size === 0 && stats.waiting === 0);
  claim('something is left', stats.total + stats.idle + stats.leased + stats.creating + stats.checking === 0);
  claim(`${factory.live} resources were never destroyed`, factory.live === 0);
  claim('more were lent than asked for', stats.acquired === callers.total);
  const destroyed = Object.values(stats.destroyed).reduce((sum, n) => sum + n, 0);
  claim(`${destroyed} were destroyed`, destroyed === stats.created);
  if (setup.destroy) claim('some were created beside', factory.made === stats.created + factory.late);
}
