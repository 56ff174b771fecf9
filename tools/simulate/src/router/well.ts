import type { App } from './app.js';
import { within } from './within.js';
import type { RouterWorld } from './world.js';

/** The longest ejection, probes, pauses between attempts to connect, breakers that open. */
const RETURN_MS = 12_000;

/** Waits until both routers have recovered. */
export async function untilWell(world: RouterWorld): Promise<void> {
  for (const app of world.apps)
    await within(world, RETURN_MS, `${app.name} does not recover`, () => isWell(world, app));
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
