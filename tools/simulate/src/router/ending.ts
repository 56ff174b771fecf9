import { isOne } from './call.js';
import type { RouterWorld } from './world.js';

const WORK_MS = 400;

/** Begins to end both routers in one of the ways there are. */
export function beginEnd(world: RouterWorld): void {
  const { apps, dice } = world;
  world.ended = true;
  for (const { name, router } of apps) {
    const drains = dice.chance(0.4);
    world.trace.note(`${name}: ${drains ? 'drain' : 'close'}`);
    const done = drains ? router.drain({ deadlineMs: dice.pick([0, 50, 400]) }) : router.close();
    done.then(
      () => {
        world.closed++;
        if (world.closed < apps.length) return;
        // At this very moment, not some time later: the process could end now.
        const work = 2 * [...world.calls.pending].filter((call) => !isOne(call)).length;
        const others = world.timers - work;
        if (others > 0) world.fail(`${others} timers are pending when the routers are closed`);
      },
      (error: unknown) => world.fail(`the end of ${name} was rejected: ${String(error)}`),
    );
  }
}

/** Waits as long as ending may take, and tells what is left over. */
export async function finish(world: RouterWorld): Promise<void> {
  const { env, apps, setup, calls, cluster, ledger, operator } = world;
  await env.settle();
  for (const { router } of apps) void router.close();
  const longest = Math.max(
    ...setup.apps.map(({ settings }) => settings.closeTimeoutMs + settings.destroyTimeoutMs),
  );
  await env.advance(longest + 400 + WORK_MS);
  if (world.closed < apps.length) world.fail('the routers are not closed in time');
  await env.advance(1_000 + WORK_MS);
  if (calls.pending.size > 0) {
    const kinds = [...calls.pending].map(({ kind, seq, app }) => `${kind} ${seq} of ${app.name}`);
    world.fail(`callers have no answer when the routers are closed: ${kinds.join()}`);
  }
  world.weather.faultiness = 0;
  // Faults end by themselves, and then what the servers still do.
  await env.advance(15_000);
  operator.reunite();
  await env.advance(15_000);
  for (const { name, router } of apps)
    for (const { id, total, inUse, waiting } of router.nodes())
      if (total + inUse + waiting > 0)
        world.fail(`${name} has sessions left at ${id}: ${total} ${inUse} ${waiting}`);
  for (const { id, sessions, lingering } of cluster.servers.values())
    if (sessions.size + lingering.size > 0)
      world.fail(`${sessions.size} and ${lingering.size} sessions are open on ${id}`);
  if (env.pendingTimers > 0) world.fail(`${env.pendingTimers} timers are left`);
  if (env.watchedTargets > 0) world.fail(`${env.watchedTargets} targets are still watched`);
  ledger.finish();
}
