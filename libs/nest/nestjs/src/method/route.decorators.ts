import { deadlineKey, getContext, Problems, runInContext, systemEnv } from '@nest-pooling/core';
import { routeKey, type Consistency as Level, type Route } from '@nest-pooling/sql';
import { applicationOf } from './application.js';
import { inFlow } from './surround.js';
import { methodDecorator } from './wrap-method.js';

const LEVELS: readonly Level[] = ['eventual', 'bounded', 'read-your-writes', 'strong'];

/** Options of {@link UseReplica}. */
export interface UseReplicaOptions {
  /** How far behind a replica may be, in milliseconds. Default: the router's. */
  readonly maxLagMs?: number;
  /** The name of the strategy that chooses. Default: the router's. */
  readonly strategy?: string;
}

/**
 * Has every read of a method, and of what it calls, run on the primary. For all routers; a call's own options come first. Single nodes have
 * nothing to route.
 */
export function UsePrimary(): MethodDecorator {
  return route('@UsePrimary', { access: 'write' });
}

/**
 * Has `use` and `transaction` of a method, and of what it calls, take a replica; plain reads do that anyway. What writes goes to the primary
 * all the same.
 */
export function UseReplica(options: UseReplicaOptions = {}): MethodDecorator {
  const problems = new Problems();
  problems.unknown('', options, ['maxLagMs', 'strategy']);
  problems.duration('maxLagMs', options.maxLagMs);
  problems.type('strategy', options.strategy, 'string');
  problems.throwIfAny('@UseReplica');
  return route('@UseReplica', { access: 'read', ...options });
}

/** Says what reads of a method, and of what it calls, must see; `bounded` needs a `maxLagMs`, here or in the router's options. */
export function Consistency(
  consistency: Level,
  options: { readonly maxLagMs?: number } = {},
): MethodDecorator {
  const problems = new Problems();
  if (consistency === undefined) problems.add('consistency', `must be one of ${LEVELS.join(', ')}`);
  problems.oneOf('consistency', consistency, LEVELS);
  problems.unknown('', options, ['maxLagMs']);
  problems.duration('maxLagMs', options.maxLagMs);
  problems.throwIfAny('@Consistency');
  return route('@Consistency', { consistency, ...options });
}

/**
 * Gives a method, and everything that it calls, so many milliseconds: waiting for a session, running a statement and trying again end then,
 * and a statement that runs is cancelled on its server. An earlier deadline of the caller stays.
 */
export function Deadline(ms: number): MethodDecorator {
  const problems = new Problems();
  if (ms === undefined) problems.add('ms', 'is needed');
  problems.duration('ms', ms, { min: 1 });
  problems.throwIfAny('@Deadline');
  return methodDecorator(
    '@Deadline',
    (original, place) =>
      function (...args) {
        const { scheduler } = applicationOf(this, place)?.env ?? systemEnv;
        const deadline = Math.min(scheduler.now() + ms, getContext(deadlineKey) ?? Infinity);
        return inFlow(
          place,
          (fn) => runInContext(deadlineKey, deadline, fn),
          () => original.apply(this, args),
        );
      },
  );
}

function route(decorator: string, change: Route): MethodDecorator {
  return methodDecorator(
    decorator,
    (original, place) =>
      function (...args) {
        const merged = { ...getContext(routeKey), ...change };
        return inFlow(
          place,
          (fn) => runInContext(routeKey, merged, fn),
          () => original.apply(this, args),
        );
      },
  );
}
