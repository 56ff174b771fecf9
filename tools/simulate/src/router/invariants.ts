import type { RouterWorld } from './world.js';

/** What must be true whenever nothing is going on. */
export function check(world: RouterWorld): void {
  world.calls.check();
  for (const { name, router } of world.apps) {
    const nodes = router.nodes();
    const primaries = nodes.filter(({ takesWrites }) => takesWrites);
    if (primaries.length > 1) world.fail(`${name} writes to ${primaries.map(({ id }) => id).join(' and ')}`);
    for (const { id, takesWrites, total, inUse, load, inRotation } of nodes) {
      world.trace.note(id, total, load + (takesWrites ? 0.5 : 0));
      world.trace.note(inRotation ? 'in' : 'out', inUse);
      if (inUse > total) world.fail(`${inUse} sessions of ${total} are lent at ${id}`);
    }
  }
}
