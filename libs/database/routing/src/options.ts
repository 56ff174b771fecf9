import {
  checkStrategy,
  type LatencyOutlierOptions,
  type NodeHealthOptions,
  type StrategyChoice,
} from '@nest-pooling/balancing';
import { Problems } from '@nest-pooling/core';
import type { PoolSettings } from '@nest-pooling/pool';
import { checkSqlSettings, type NodeTarget, type SqlDriver, type SqlSettings } from '@nest-pooling/sql';
import { checkConsistency, consistencyOptionNames, type ConsistencyOptions } from './consistency-options.js';

/** How nodes are asked whether they live. */
export interface ProbeOptions {
  /** Milliseconds between two probes of a node, give or take 20 %. Default 250. */
  readonly intervalMs?: number;
  /** Milliseconds after which an unanswered probe counts as missed. Default 500. */
  readonly timeoutMs?: number;
}

/** How a router routes. */
export interface RoutingOptions extends ConsistencyOptions {
  /** How a replica is chosen for a read: the name of a strategy, or one of your own. Default `least-loaded`: it notices slow nodes by their queue. */
  readonly strategy?: StrategyChoice;
  /** How often nodes are probed. */
  readonly probe?: ProbeOptions;
  /** When nodes leave the rotation and how they come back. */
  readonly health?: NodeHealthOptions;
  /** When a replica that is much slower than the others leaves the rotation; one read in 16 is measured for it. `false`: never. */
  readonly slowNodes?: LatencyOutlierOptions | false;
  /** Where this process is: replicas of the same zone are preferred as long as they are not much busier. Default: nowhere. */
  readonly zone?: string;
  /** Whether reads go to the primary when no replica is in rotation. Default `true`. */
  readonly fallbackToPrimary?: boolean;
  /**
   * For how long after the primary was lost writes that were not sent are held back, in milliseconds, within their own deadlines; who
   * comes later than that fails at once. 0 for not at all. Default 5,000: longer than a usual failover, shorter than the patience of
   * those who wait for an answer.
   */
  readonly failoverWaitMs?: number;
  /** How many writes are held back at a time; more fail at once. Default 1,000. */
  readonly maxFailoverWaiters?: number;
}

/** A replica and its share. */
export interface ReplicaOptions {
  /** Where it is and how to log in. */
  readonly target: NodeTarget;
  /** Its share of the reads, relative to the others. Default 1. */
  readonly weight?: number;
  /** Where it stands: an availability zone, a rack. */
  readonly zone?: string;
}

/** What makes a {@link ReadReplicaRouter}. */
export interface RouterOptions extends SqlSettings {
  /** The name that the pool was given. */
  readonly name: string;
  /** The kind of pool, for display: `postgres`, `mysql`, … */
  readonly kind: string;
  /** The port to this kind of server. */
  readonly driver: SqlDriver;
  /** Where writes go. */
  readonly primary: NodeTarget;
  /** Where reads go; may be empty. */
  readonly replicas: readonly ReplicaOptions[];
  /** The pool of each node. */
  readonly pool?: PoolSettings;
  /** How reads are routed and nodes are watched. */
  readonly routing?: RoutingOptions;
  /** A statement that runs for longer has lost its server. Default 65,000: after the server's own limit of 60 s. */
  readonly queryTimeoutMs?: number;
  /** Whether reads of several callers share sessions, where the driver can pipeline and no proxy is in between. Default `true`. */
  readonly multiplex?: boolean;
  /** After how many executions an autocommit statement is prepared by itself. Default `Infinity`: never. */
  readonly prepareAfter?: number;
  /** Whether the start fails when no node answers. Default `true`. */
  readonly required?: boolean;
  /** How long the start waits for a first answer, in milliseconds. Default 10,000. */
  readonly startTimeoutMs?: number;
}

/** The names of {@link RoutingOptions}. */
export const routingOptionNames: readonly (keyof RoutingOptions)[] = [
  'strategy',
  'probe',
  'health',
  'slowNodes',
  'zone',
  'fallbackToPrimary',
  'failoverWaitMs',
  'maxFailoverWaiters',
  ...consistencyOptionNames,
];

/** Collects what is wrong with routing options under `path` (empty, or ending in a dot). */
export function checkRouting(routing: RoutingOptions, problems: Problems, path = ''): void {
  problems.unknown(path.replace(/\.$/, ''), routing, routingOptionNames);
  checkStrategy(problems, `${path}strategy`, routing.strategy);
  problems.type(`${path}fallbackToPrimary`, routing.fallbackToPrimary, 'boolean');
  problems.duration(`${path}failoverWaitMs`, routing.failoverWaitMs);
  problems.number(`${path}maxFailoverWaiters`, routing.maxFailoverWaiters, { min: 0, integer: true });
  checkConsistency(routing, problems, path);
  problems.type(`${path}probe`, routing.probe, 'object');
  problems.type(`${path}health`, routing.health, 'object');
  problems.type(`${path}zone`, routing.zone, 'string');
  if (routing.slowNodes !== false) problems.type(`${path}slowNodes`, routing.slowNodes, 'object');
  problems.duration(`${path}probe.intervalMs`, routing.probe?.intervalMs, { min: 1 });
  problems.duration(`${path}probe.timeoutMs`, routing.probe?.timeoutMs, { min: 1 });
}

/** Refuses wrong options of a router, all problems at once. */
export function checkRouter(options: RouterOptions): void {
  const problems = new Problems();
  const { name, primary, replicas, routing } = options;
  if (typeof name !== 'string' || name === '') problems.add('name', 'must be a text that is not empty', name);
  checkSqlSettings(options, problems);
  if (routing !== undefined) checkRouting(routing, problems, 'routing.');
  const ids = [primary.id, ...replicas.map(({ target }) => target.id)];
  const twice = ids.filter((id, at) => ids.indexOf(id) !== at);
  if (twice.length > 0) problems.add('replicas', `two nodes have the same id (${twice.join(', ')})`);
  for (const [at, { weight }] of replicas.entries()) {
    problems.number(`replicas[${at}].weight`, weight, { min: 0.001, max: 1_000 });
  }
  problems.throwIfAny(`the router '${name}'`);
}
