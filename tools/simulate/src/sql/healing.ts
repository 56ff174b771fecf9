import type { ManagedNodeReport } from '@nest-pooling/core';
import { live } from './steady.js';
import type { SqlWorld } from './world.js';

const STEP_MS = 10;
/** How long callers may still be at it when everything that held them up is over. */
const PATIENCE_MS = 1_500;
/** What a stream's reader thinks about all other rows. */
const THINKING_MS = 500;
/** Pipes are given back when nobody has used them for so long, and their sessions are reset. */
const REST_MS = 1_600;

/** Ends all faults: in bounded time everybody has an answer, the pool is at rest, and it serves again. */
export async function heal(world: SqlWorld): Promise<void> {
  const { env, weather, cluster, server, setup, pool } = world;
  world.trace.note('heal');
  weather.faultiness = 0;
  cluster.restore(server.id);
  for (const session of world.sessions) session.wake();
  if (server.role !== 'primary') world.roleChangedAt = world.now;
  server.role = 'primary';
  server.latencyMs = setup.latencyMs;
  server.wayMs = setup.wayMs;
  pool.resume();
  // Whoever reads a stream may think about its first row for longer than that, one after the other where there is one session.
  const streams = [...world.calls.pending].filter(({ kind }) => kind === 'stream').length;
  const patience = recoveryMs(world) + streams * (world.statementMs + THINKING_MS);
  await within(world, 'callers without an answer', () => world.calls.pending.size === 0, patience);
  await within(world, 'sessions in use though nobody uses them', () => atRest(world));
  // Whatever was tried in vain is tried again.
  await env.advance(pauseMs(world));
  clean(world);
  // What nobody listens to any more may still hold the locks of its rows.
  for (const session of world.sessions) if (session.closing) session.lose('it was terminated');
  if (world.violations.length > 0) return;
  await live(world);
  await within(world, 'sessions in use after reads and writes', () => atRest(world), REST_MS);
}

function atRest(world: SqlWorld): boolean {
  const { inUse, waiting } = report(world);
  return inUse === 0 && waiting === 0;
}

function report({ pool, server }: SqlWorld): ManagedNodeReport {
  return pool.report().nodes[server.id]!;
}

/** The longest piece of work that hangs, what waits behind it, and those who wait for that. */
function recoveryMs(world: SqlWorld): number {
  const { destroyTimeoutMs, validateTimeoutMs, resetTimeoutMs } = world.setup.settings;
  return (
    world.statementMs + destroyTimeoutMs + validateTimeoutMs + resetTimeoutMs + pauseMs(world) + PATIENCE_MS
  );
}

/** Between two attempts to connect, with the first of them. */
function pauseMs({ setup: { settings } }: SqlWorld): number {
  return settings.createTimeoutMs + 2 * settings.createBackoff.maxMs;
}

async function within(
  world: SqlWorld,
  what: string,
  holds: () => boolean,
  patienceMs = recoveryMs(world),
): Promise<void> {
  for (let waited = 0; !holds() && world.violations.length === 0; waited += STEP_MS) {
    if (waited > patienceMs) {
      const kinds = [...world.calls.pending].map(({ kind, seq }) => `${kind} ${seq}`);
      world.fail(`${what}: ${kinds.join()} ${JSON.stringify(report(world))}`);
      return;
    }
    await world.env.advance(STEP_MS);
  }
}

/** What nobody uses is as good as new. */
function clean(world: SqlWorld): void {
  const { total, available } = report(world);
  // Some are still being examined.
  if (available < total) return;
  for (const { id, settings, inTransaction, shared, state, closing } of world.sessions) {
    if (closing || state === 'broken') continue;
    if (settings.size > 0 || inTransaction || shared)
      world.fail(`session ${id} is idle with what somebody has left in it`);
  }
}
