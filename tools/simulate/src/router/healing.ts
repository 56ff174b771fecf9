import type { App } from './app.js';
import { live } from './steady.js';
import type { RouterWorld } from './world.js';

const STEP_MS = 20;
/** The longest fault, with what follows it: failover, return. */
const FAULTS_MS = 12_000;
/** A statement that hangs, then those that wait for its session, then for the gate; and a session that says goodbye. */
const CALLS_MS = 20_000;
/** The longest ejection, probes, pauses between attempts to connect, breakers that open. */
const RETURN_MS = 12_000;

/** Waits for the end of all faults: in bounded time everybody has an answer, and every node serves again. */
export async function heal(world: RouterWorld): Promise<void> {
  const { weather, cluster, servers, operator, calls } = world;
  world.trace.note('heal');
  weather.faultiness = 0;
  await within(world, FAULTS_MS, 'faults that go on', () => servers.open === 0 && !operator.busy);
  operator.reunite();
  for (const id of servers.ids) {
    cluster.lag(id, 0);
    cluster.resumeReplay(id);
    cluster.separate(id, false);
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
function isWell({ operator, cluster }: RouterWorld, { router }: App): boolean {
  const { timeline } = cluster.server(operator.primary);
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

/** Waits until something holds, for so long at most. */
export async function within(
  world: RouterWorld,
  patienceMs: number,
  what: string,
  holds: () => boolean,
): Promise<void> {
  for (let waited = 0; !holds() && world.violations.length === 0; waited += STEP_MS) {
    if (waited > patienceMs) return world.fail(`${what}: ${stateOf(world)}`);
    await world.env.advance(STEP_MS);
    world.calls.check();
  }
}

function stateOf({ calls, apps, operator }: RouterWorld): string {
  const pending = [...calls.pending].map(({ kind, seq }) => `${kind} ${seq}`);
  const nodes = apps.map(({ router }) =>
    router
      .nodes()
      .map((node) => {
        const { id, takesWrites, inRotation, reason, load, lagMs, breaker, timeline } = node;
        return `${id} ${takesWrites ? 'W' : 'R'}${timeline} ${inRotation ? 'in' : reason} load ${load} lag ${lagMs} ${breaker}`;
      })
      .join(', '),
  );
  return `${pending.join()} (primary ${operator.primary}) ${nodes.join(' | ')}`;
}
