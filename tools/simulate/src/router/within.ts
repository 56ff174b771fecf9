import type { RouterWorld } from './world.js';

const STEP_MS = 20;

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
