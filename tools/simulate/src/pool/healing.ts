import { slackMs } from './setup.js';
import type { SimulatedPool } from './simulated-pool.js';
import type { World } from './world.js';

/** What `use` and slow work of a factory take at most, with room to spare. */
const WORK_MS = 100;
const STEP_MS = 10;
/** Longer idle times are not waited for. Whoever was given permits late has a whole one before him. */
const REAPED_MS = 3_000;
const ACQUIRE_MS = 1_000;
/** Resources may be replaced at any moment; somewhere in so long all of them are there at once. */
const PATIENCE_MS = 2_000;

/** Ends all faults and gives everything back: in bounded time every pool must be as good as new. */
export async function heal(world: World): Promise<void> {
  const { env, pools } = world;
  world.trace.note('heal');
  await env.settle();
  world.faultiness = 0;
  world.healing = true;
  for (const subject of pools) {
    subject.resume();
    while (subject.held.length > 0) subject.end(0, 'release');
  }
  await env.advance(Math.max(...pools.map(recoveryMs)));
  for (const subject of pools) await within(subject, 'is not at rest', () => atRest(subject));
  for (const subject of pools) await within(subject, 'is not refilled to min', () => refilled(subject));
  const idleMs = pools.map(({ setup: { settings } }) => settings.idleTimeoutMs + 2 * slackMs(settings));
  // Not every time: to wait is most of what it costs.
  if (world.dice.chance(0.4)) {
    const reaped = pools.filter((_, at) => idleMs[at]! < REAPED_MS);
    await env.advance(Math.max(0, ...idleMs.filter((ms) => ms < REAPED_MS)));
    for (const subject of reaped)
      await within(subject, 'keeps idle ones above min', () => atMin(subject), REAPED_MS);
  }
  for (const subject of pools)
    await within(subject, 'keeps more than max', () => subject.pool.stats().total <= subject.max);
  for (const { name, factory } of pools)
    if (factory.all().some(({ evicted }) => evicted)) world.fail(`${name} keeps what was evicted`);
  world.healing = false;
  for (const subject of pools) await everythingCanBeLent(subject);
}

/** The longest pause, and the longest piece of work that hangs: in its worst order. */
function recoveryMs({ setup: { settings } }: SimulatedPool): number {
  const { createTimeoutMs, createBackoff, destroyTimeoutMs, validateTimeoutMs, resetTimeoutMs } = settings;
  const work = createTimeoutMs + destroyTimeoutMs + validateTimeoutMs + resetTimeoutMs;
  return work + 2 * createBackoff.maxMs + slackMs(settings) + 2 * WORK_MS;
}

async function within(
  subject: SimulatedPool,
  what: string,
  holds: () => boolean,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const { world } = subject;
  for (let waited = 0; !holds(); waited += STEP_MS) {
    if (waited > patienceMs) {
      world.fail(`${subject.name} ${what}: ${JSON.stringify(subject.pool.stats())}`);
      return;
    }
    await world.env.advance(STEP_MS);
  }
}

function atRest({ pool, callers: { pending }, world }: SimulatedPool): boolean {
  const { waiting, leased } = pool.stats();
  if (leased > 0) return false;
  return (waiting === 0 && pending.size === 0) || noPermits(world);
}

function refilled({ pool, factory, world }: SimulatedPool): boolean {
  const { min, status } = pool.stats();
  // Who has not started has nothing to fill; who has no permit cannot.
  if (status === 'starting' || factory.live >= min) return true;
  return noPermits(world);
}

function atMin({ pool, factory, goals }: SimulatedPool): boolean {
  return factory.live <= Math.max(pool.stats().min, ...[...goals].map(({ n }) => n));
}

/** Nothing got lost on the way: all `max` resources can be out at the same time. */
async function everythingCanBeLent(subject: SimulatedPool): Promise<void> {
  const { world, pool, max, setup } = subject;
  // Who sheds need not serve everybody.
  const { shedding, adaptive, leasesPerResource, maxWaiters } = setup.settings;
  if (world.budget !== undefined || shedding !== undefined || adaptive !== undefined) return;
  const all = max * leasesPerResource;
  for (let n = 0; n < all; n++) subject.acquire({ timeoutMs: ACQUIRE_MS });
  // Of those who had to wait at first, the others were refused.
  const wanted = Math.min(all, maxWaiters);
  await within(subject, `does not lend ${wanted}`, () => pool.stats().leased >= wanted, ACQUIRE_MS);
  while (subject.held.length > 0) subject.end(0, 'release');
}

/** Whoever has none waits for other pools, which may keep theirs. */
function noPermits({ budget }: World): boolean {
  return budget !== undefined && budget.report().free === 0;
}
