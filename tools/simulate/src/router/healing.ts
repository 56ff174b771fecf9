import { live } from './steady.js';
import { untilWell } from './well.js';
import { within } from './within.js';
import type { RouterWorld } from './world.js';

/** A failover that has just begun, hastened. */
const FAULTS_MS = 5_000;
/** A statement that hangs, then those that wait for its session, then for the gate; and a session that says goodbye. */
const CALLS_MS = 20_000;

/** Waits for the end of all faults: in bounded time everybody has an answer, and every node serves again. */
export async function heal(world: RouterWorld): Promise<void> {
  const { weather, cluster, servers, links, operator, calls } = world;
  world.trace.note('heal');
  weather.faultiness = 0;
  world.lasting.hasten();
  await within(
    world,
    FAULTS_MS,
    'faults that go on',
    () => servers.open + links.open === 0 && !operator.busy,
  );
  world.lasting.relent();
  operator.reunite();
  for (const id of servers.ids) {
    cluster.lag(id, 0);
    cluster.resumeReplay(id);
  }
  await within(world, CALLS_MS, 'callers without an answer', () => calls.pending.size === 0);
  if (world.violations.length > 0) return;
  for (const app of world.apps) if (!app.started) await app.start();
  await untilWell(world);
  if (world.violations.length > 0) return;
  await live(world);
}
