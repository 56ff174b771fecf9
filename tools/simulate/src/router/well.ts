import type { App } from './app.js';
import { within } from './within.js';
import type { RouterWorld } from './world.js';

/** The longest ejection, probes, pauses between attempts to connect, breakers that open. */
const RETURN_MS = 12_000;

/** A probe that was sent while something was the matter is over by then, and what it says is known. */
const TOLD_MS = 600;

/** Waits until both routers have recovered. */
export async function untilWell(world: RouterWorld): Promise<void> {
  const { apps, servers } = world;
  const isTold = (app: App): boolean => servers.ids.every((id) => servers.wellFor(app, id) >= TOLD_MS);
  await within(world, RETURN_MS, 'the routers do not recover', () =>
    apps.every((app) => isTold(app) && isWell(world, app)),
  );
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
