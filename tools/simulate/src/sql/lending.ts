import type { Asking } from './calls.js';
import type { Plan, Terms } from './plans.js';
import { Script } from './scripts.js';
import type { SqlWorld } from './world.js';

/** A transaction. */
export function transaction(world: SqlWorld, asking: Asking, plan: Plan, terms: Terms): void {
  const call = world.calls.begin('transaction', { ...asking, ...terms });
  const script = new Script(world, plan, call, terms.retry?.attempts);
  const answer = world.calls.ask(call, asking, (options) =>
    world.pool.transaction(script.work, { ...options, ...terms }),
  );
  void world.calls.settle(
    call,
    answer,
    (result) => script.committed(result),
    (effect) => script.failed(effect),
  );
}

/** A session lent for a piece of work; its time is only for the wait. */
export function use(world: SqlWorld, asking: Asking, plan: Plan): void {
  const call = world.calls.begin('use', { ...asking, waitOnly: true });
  const script = new Script(world, plan, call);
  const answer = world.calls.ask(call, asking, (options) => world.pool.use(script.work, options));
  void world.calls.settle(
    call,
    answer,
    (result) => script.committed(result),
    (effect) => script.failed(effect),
  );
}
