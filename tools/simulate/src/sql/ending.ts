import { isOne } from './call.js';
import type { SqlWorld } from './world.js';

/** Callers' work that is still under way when the pool ends. */
const WORK_MS = 300;

/** Begins to end the pool in one of the ways there are. */
export function beginEnd(world: SqlWorld): void {
  const { pool, setup, dice, env } = world;
  const deadlineMs = dice.pick([0, 50, 500]);
  const drains = dice.chance(0.4);
  world.trace.note(drains ? 'drain' : 'close');
  const ending = { closed: false, limitMs: drains ? deadlineMs : setup.settings.closeTimeoutMs };
  world.ending = ending;
  // Statements under way are cut.
  const done = drains ? pool.drain({ deadlineMs }) : pool.close();
  done.then(
    () => {
      ending.closed = true;
      world.trace.note('closed');
      // At this very moment, not some time later: the process could end now.
      const others = world.timers - timersOfWork(world);
      if (others > 0) world.fail(`${others} timers are pending when the pool is closed`);
      if (env.watchedTargets > 0)
        world.fail(`${env.watchedTargets} targets are watched when the pool is closed`);
    },
    () => world.fail('the end of the pool was rejected'),
  );
}

/** Work that goes on though its session was taken away still has its own deadline, its age, or a pause before it is tried again. */
function timersOfWork({ calls }: SqlWorld): number {
  return 2 * [...calls.pending].filter((call) => !isOne(call)).length;
}

/** Waits as long as ending may take, and tells what is left over. */
export async function finish(world: SqlWorld): Promise<void> {
  const { env, pool, setup, calls, cluster, server, ledger } = world;
  const { settings } = setup;
  await env.settle();
  void pool.close();
  await env.advance(world.ending!.limitMs + settings.destroyTimeoutMs + WORK_MS);
  const { closed } = world.ending!;
  if (!closed) world.fail(`the pool is not closed in time: ${JSON.stringify(pool.report())}`);
  // Creates that come late, and what callers still do.
  await env.advance(settings.createTimeoutMs + WORK_MS);
  // Somebody may still think about the first row of his stream.
  if ([...calls.pending].some(({ kind }) => kind === 'stream')) await env.advance(world.statementMs);
  if (calls.pending.size > 0) {
    const kinds = [...calls.pending].map(({ kind, seq }) => `${kind} ${seq}`);
    world.fail(`callers have no answer when the pool is closed: ${kinds.join()}`);
  }
  // What the server still does.
  world.weather.faultiness = 0;
  cluster.restore(server.id);
  for (const session of world.sessions) session.wake();
  await env.advance(70_000);
  const { status, nodes } = pool.report();
  const { total, available, inUse, waiting } = nodes[server.id]!;
  if (status !== 'closed') world.fail(`the status is ${status}`);
  if (total + available + inUse + waiting > 0) world.fail(`something is left: ${JSON.stringify(nodes)}`);
  if (world.sessions.length > 0) world.fail(`${world.sessions.length} sessions are open on the server`);
  if (env.pendingTimers > 0) world.fail(`${env.pendingTimers} timers are left`);
  if (env.watchedTargets > 0) world.fail(`${env.watchedTargets} targets are still watched`);
  ledger.finish();
}
