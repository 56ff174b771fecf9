import type { RouterWorld } from './world.js';

/** What a node reports is looked at now and then: it is dear, and its numbers are the pool's. */
const REPORTED_EVERY = 16;

/** What must be true whenever nothing is going on. */
export function check(world: RouterWorld): void {
  world.calls.check();
  for (const { name, nodes } of world.apps) {
    let primaries = 0;
    for (const { id, takesWrites, load, admits, sql } of nodes) {
      if (takesWrites) primaries++;
      world.trace.note(id, sql.pool.leased, load + (takesWrites ? 0.5 : 0));
      world.trace.note(admits ? 'in' : 'out');
    }
    if (primaries > 1) world.fail(`${name} writes to ${primaries} nodes`);
  }
  if (world.operations % REPORTED_EVERY === 0) checkReports(world);
}

/** The numbers of every node fit each other. */
function checkReports(world: RouterWorld): void {
  for (const { router } of world.apps) {
    for (const { id, total, inUse } of router.nodes()) {
      world.trace.note(id, total, inUse);
      if (inUse > total) world.fail(`${inUse} sessions of ${total} are lent at ${id}`);
    }
  }
}
