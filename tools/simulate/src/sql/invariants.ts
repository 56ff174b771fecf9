import type { SqlWorld } from './world.js';

/** What must be true whenever nothing is going on. */
export function check(world: SqlWorld): void {
  const { calls, pool, server, trace, setup } = world;
  calls.check();
  const { nodes, status, serving } = pool.report();
  const { total, available, inUse, waiting } = nodes[server.id]!;
  trace.note(status, total, waiting);
  trace.note('report', available, inUse);
  const mine = world.sessions.filter(
    ({ lane, closing, state }) => lane === 'write' && !closing && state !== 'broken',
  );
  if (mine.length > world.allowed) world.fail(`${mine.length} sessions are open, of ${world.allowed}`);
  const probing = world.sessions.filter(
    ({ lane, closing, state }) => lane === 'probe' && !closing && state !== 'broken',
  );
  if (probing.length > 1) world.fail(`${probing.length} sessions are there to probe`);
  const shared = mine.filter((session) => session.shared).length;
  if (shared > 0 && (!setup.multiplex || setup.proxied))
    world.fail('a session is shared though nobody wants that');
  if (available + inUse > total) world.fail(`${available} idle and ${inUse} lent sessions of ${total}`);
  if (waiting > calls.pending.size + 1) world.fail(`${waiting} wait, of ${calls.pending.size} callers`);
  if (serving && status === 'closed') world.fail('a closed pool serves');
  world.settleSize(total);
}
