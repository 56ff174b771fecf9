import type { App } from './app.js';
import { drawKey, read, write } from './requests.js';
import { untilWell } from './well.js';
import { within } from './within.js';
import type { RouterWorld } from './world.js';

const OWN = { consistency: 'read-your-writes' } as const;
const EVENTUAL = { consistency: 'eventual' } as const;
/** What any of it may take where all is well. */
const SOON_MS = 2_000;
/** Longer than a probe, and than its timeout. */
const STALL_MS = 1_500;

/** All is well: nothing fails, reads are on replicas, writes reach the primary, and a stall of our own ejects nobody. */
export async function live(world: RouterWorld): Promise<void> {
  const { apps, dice, calls } = world;
  world.steady = true;
  for (const app of apps) {
    for (let n = 0; n < 4; n++) {
      void write(world, app, {}, drawKey(dice)).then(() => read(world, app, {}, OWN));
      void read(world, app, {}, EVENTUAL);
    }
  }
  await within(world, SOON_MS, 'reads and writes do not end', () => calls.pending.size === 0);
  for (const app of apps) await reads(world, app, 3, 'served by a replica', 'a replica');
  if (dice.chance(0.5)) await staysThroughStall(world);
  world.steady = false;
  if (world.violations.length === 0 && dice.chance(0.3)) await withSilentReplica(world);
  if (world.violations.length === 0 && dice.chance(0.4)) await withoutReplicas(world);
}

/** One after the other is served where it should be. */
async function reads(world: RouterWorld, app: App, n: number, counted: string, where: string): Promise<void> {
  for (; n > 0 && world.violations.length === 0; n--) {
    const before = world.counts[counted] ?? 0;
    void read(world, app, {}, EVENTUAL);
    await within(world, SOON_MS, 'a read does not end', () => world.calls.pending.size === 0);
    if ((world.counts[counted] ?? 0) === before)
      world.fail(`a read of ${app.name} is not served by ${where}, though all is well`);
  }
}

async function staysThroughStall(world: RouterWorld): Promise<void> {
  const { apps, env } = world;
  const before = apps.map(({ ejections }) => ejections);
  for (const app of apps) void read(world, app, {}, EVENTUAL);
  await world.stall(STALL_MS);
  await env.advance(700);
  for (const [at, { name, ejections }] of apps.entries())
    if (ejections > before[at]!) world.fail(`${name} has ejected a node because of its own stall`);
}

/** A replica falls silent: what it was asked is answered by others, and it is asked nothing more as soon as that is known. */
async function withSilentReplica(world: RouterWorld): Promise<void> {
  const { servers, operator, apps, dice, calls, reads: sent } = world;
  const id = dice.pick(operator.replicas);
  const end = servers.begin(id, 'frozen');
  const some = async (what: string): Promise<void> => {
    for (const app of apps) for (let n = 0; n < 4; n++) void read(world, app, {}, EVENTUAL);
    await within(world, SOON_MS, what, () => calls.pending.size === 0);
  };
  await some('reads are not served elsewhere while a replica is silent');
  await world.env.advance(SOON_MS);
  const before = apps.map(({ name }) => sent.get(`${name} ${id}`));
  await some('reads are not served though others are well');
  for (const [at, { name }] of apps.entries())
    if (sent.get(`${name} ${id}`) !== before[at]) world.fail(`${name} reads on ${id}, which is silent`);
  end();
  await untilWell(world);
}

/** The primary takes over the reads, one at a time at least, and the replicas come back. */
async function withoutReplicas(world: RouterWorld): Promise<void> {
  const { servers, operator, apps, dice, calls } = world;
  const ends = operator.replicas.map((id) => servers.begin(id, 'down'));
  // They are found out.
  await world.env.advance(1_000);
  world.steady = true;
  for (const app of apps) await reads(world, app, 2, 'served by the primary', 'the primary');
  for (const app of apps) void write(world, app, {}, drawKey(dice));
  world.steady = false;
  // With synchronous commits they wait for a replica.
  for (const end of ends) end();
  await within(world, SOON_MS, 'writes do not end', () => calls.pending.size === 0);
}
