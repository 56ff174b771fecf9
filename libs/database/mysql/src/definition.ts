import { defined, Problems, type Definition, type Env } from '@nest-pooling/core';
import { checkSettings, poolSettingNames, type PoolSettings } from '@nest-pooling/pool';
import {
  checkRouting,
  ReadReplicaRouter,
  type ReplicaOptions,
  type RoutingOptions,
} from '@nest-pooling/routing';
import {
  checkSqlSettings,
  pickSqlSettings,
  SingleNodePool,
  sqlSettingNames,
  type NodeTarget,
  type SqlPool,
  type SqlSettings,
} from '@nest-pooling/sql';
import { MysqlDriver } from './driver.js';
import { checkDriverOptions, type MysqlDriverOptions } from './driver-options.js';
import { mysqlNodeOptionNames, mysqlTarget } from './target.js';
import type { MysqlNodeOptions } from './target-options.js';

/** A replica: where it is, and its share of the reads. */
export interface MysqlReplicaOptions extends MysqlNodeOptions {
  /** Its share of the reads, relative to the other replicas. Default 1. */
  readonly weight?: number;
  /** Where it stands: replicas of the router's own `routing.zone` are preferred. */
  readonly zone?: string;
}

/** A pool over one MySQL or MariaDB server. */
export interface MysqlOptions extends SqlSettings {
  /** Where the primary is. */
  readonly primary: MysqlNodeOptions;
  /** The pool of each node. */
  readonly pool?: PoolSettings;
  /** Settings of every session: time limits, time zone, how values are read, … */
  readonly session?: MysqlDriverOptions;
  /**
   * Whether reads of several callers share sessions (statements are pipelined on at most two of them). Default `true`; never behind a
   * proxy that is known as one (`proxied`: RDS Proxy, MaxScale, ProxySQL take one statement at a time). Turn it off where every statement must have
   * a session of its own; a query can say so for itself, too.
   */
  readonly multiplex?: boolean;
  /**
   * After how many executions an autocommit statement without parameters is prepared by itself. Default `Infinity`, never: the
   * protocol of prepared statements gives a FLOAT other digits. Statements with parameters, and those with a `name`, are prepared at once.
   */
  readonly prepareAfter?: number;
  /** Whether the application's start fails when no node answers. Default `true`. */
  readonly required?: boolean;
  /** How long the start waits for a first answer, in milliseconds. Default 10,000. */
  readonly startTimeoutMs?: number;
}

/** A pool over a primary and its replicas. */
export interface MysqlRouterOptions extends MysqlOptions {
  /** Where the replicas are; may be empty, reads then go to the primary. */
  readonly replicas: readonly MysqlReplicaOptions[];
  /** How reads are routed. */
  readonly routing?: RoutingOptions;
}

const KNOWN = [
  'primary',
  'replicas',
  'pool',
  'session',
  'routing',
  'required',
  'startTimeoutMs',
  'multiplex',
  'prepareAfter',
  ...sqlSettingNames,
];
/** The server's own limit for statements is 60 s; the client's comes a little later, so that the server cancels first. */
const AFTER_THE_SERVER_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 60_000;

/**
 * Defines a pool over a MySQL or MariaDB primary and its replicas; its face is a {@link ReadReplicaRouter}. Connects to
 * nothing; the options are checked when the pool is opened, all problems at once.
 *
 * ```ts
 * mysql({ primary: { url }, replicas: [{ url: replicaUrl, weight: 2 }], routing: { strategy: 'least-loaded' } })
 * ```
 */
export function mysql(options: MysqlRouterOptions): Definition<ReadReplicaRouter>;
/** Defines a pool over one MySQL or MariaDB server; its face is a {@link SqlPool}. */
export function mysql(options: MysqlOptions & { readonly replicas?: undefined }): Definition<SqlPool>;
export function mysql(options: MysqlOptions | MysqlRouterOptions): Definition<SqlPool> {
  return { kind: 'mysql', open: (name, env) => open(name, options, env) };
}

function open(
  name: string,
  options: MysqlOptions | MysqlRouterOptions,
  env: Env,
): SingleNodePool | ReadReplicaRouter {
  const { primary, targets } = check(name, options);
  const { session = {}, required, startTimeoutMs, multiplex = true, prepareAfter } = options;
  const { statementTimeoutMs = STATEMENT_TIMEOUT_MS } = session;
  const shared = {
    name,
    kind: 'mysql',
    driver: new MysqlDriver(session),
    pool: { ...options.pool },
    queryTimeoutMs: statementTimeoutMs + AFTER_THE_SERVER_MS,
    multiplex: multiplex && (session.pipeline ?? true),
    ...(prepareAfter === undefined ? {} : { prepareAfter }),
    ...pickSqlSettings(options),
    ...(required === undefined ? {} : { required }),
    ...(startTimeoutMs === undefined ? {} : { startTimeoutMs }),
  };
  if (!('replicas' in options) || options.replicas === undefined) {
    return new SingleNodePool({ ...shared, target: primary }, env);
  }
  const { routing, replicas } = options;
  return new ReadReplicaRouter(
    {
      ...shared,
      primary,
      replicas: targets.map((target, at) => ({ target, ...shareOf(replicas[at]!) })),
      ...(routing === undefined ? {} : { routing }),
    },
    env,
  );
}

/**
 * A replica for `ReadReplicaRouter.addReplica`; `id` is its name in results and reports, for instance `orders.replica-3`.
 * @throws OptionsError with every problem
 */
export function mysqlReplica(id: string, options: MysqlReplicaOptions): ReplicaOptions {
  const problems = new Problems();
  const { weight, ...node } = options;
  problems.unknown('', node, [...mysqlNodeOptionNames, 'zone']);
  problems.number('weight', weight, { min: 0.001, max: 1_000 });
  const target = mysqlTarget(id, node, problems, '');
  problems.throwIfAny(`the replica '${id}'`);
  return { target: target!, ...shareOf(options) };
}

function shareOf({ weight, zone }: MysqlReplicaOptions): Omit<ReplicaOptions, 'target'> {
  return defined({ weight, zone });
}

/** Finds everything that is wrong before anything is built. */
function check(
  name: string,
  options: Partial<MysqlRouterOptions>,
): { primary: NodeTarget; targets: readonly NodeTarget[] } {
  const problems = new Problems();
  problems.unknown('', options, KNOWN);
  const node = (id: string, at: string, given: unknown, more: readonly string[]): NodeTarget | undefined => {
    if (typeof given !== 'object' || given === null) {
      problems.add(at, 'must be an object with a url or with host, user, …', typeof given);
      return undefined;
    }
    problems.unknown(at, given, [...mysqlNodeOptionNames, ...more]);
    return mysqlTarget(`${name}.${id}`, given, problems, at);
  };
  const primary = node('primary', 'primary', options.primary, []);
  const { replicas = [], pool = {}, routing = {}, session = {} } = options;
  if (!Array.isArray(replicas)) problems.add('replicas', 'must be an array', typeof replicas);
  const list: readonly MysqlReplicaOptions[] = Array.isArray(replicas) ? replicas : [];
  const targets = list.map((replica, at) => {
    problems.number(`replicas[${at}].weight`, replica?.weight, { min: 0.001, max: 1_000 });
    problems.type(`replicas[${at}].zone`, replica?.zone, 'string');
    return node(`replica-${at + 1}`, `replicas[${at}]`, replica, ['weight', 'zone']);
  });
  problems.unknown('pool', pool, poolSettingNames);
  checkSettings(pool, problems, 'pool.');
  checkRouting(routing, problems, 'routing.');
  if (options.routing !== undefined && options.replicas === undefined) {
    problems.add('routing', 'needs replicas (an empty array will do)');
  }
  checkDriverOptions(problems, 'session', session);
  checkSqlSettings(options, problems);
  problems.type('multiplex', options.multiplex, 'boolean');
  problems.number('prepareAfter', options.prepareAfter, { min: 0, infinite: true });
  problems.type('required', options.required, 'boolean');
  problems.duration('startTimeoutMs', options.startTimeoutMs, { min: 1 });
  problems.throwIfAny(`the mysql pool '${name}'`);
  return { primary: primary!, targets: targets.map((target) => target!) };
}
