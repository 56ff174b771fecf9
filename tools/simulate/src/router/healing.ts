import type { App } from './app.js';
import { live } from './steady.js';
import { within } from './within.js';
import type { RouterWorld } from './world.js';

/** A failover that has just begun, hastened. */
const FAULTS_MS = 5_000;
/** A statement that hangs, then those that wait for its session, then for the gate; and a session that says goodbye. */
const CALLS_MS = 20_000;
/** The longest ejection, probes, pauses between attempts to connect, breakers that open. */
const RETURN_MS = 12_000;

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
  for (const app of world.apps)
    await within(world, RETURN_MS, `${app.name} does not recover`, () => isWell(world, app));
  if (world.violations.length > 0) return;
  await live(world);
}

/** Every node is in rotation, at rest, on the same history, and writes go where they belong. */
function isWell({ operator, cluster }: RouterWorld, { nodes, router }: App): boolean {
  const { timeline } = cluster.server(operator.primary);
  // What a report costs is spent when it may be so.
  if (!nodes.every(({ admits, load }) => admits && load === 0)) return false;
  return router
    .nodes()
    .every(
      (node) =>
        node.inRotation &&
        node.takesWrites === (node.id === operator.primary) &&
        node.timeline === timeline &&
        node.load === 0 &&
        (node.takesWrites || node.lagMs === 0),
    );
}
