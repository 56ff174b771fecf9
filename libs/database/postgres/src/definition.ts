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
  type SqlPool,
  type SqlSettings,
} from '@nest-pooling/sql';
import { PostgresDriver } from './driver.js';
import { checkDriverOptions, type PostgresDriverOptions } from './driver-options.js';
import { isCarried } from './session-settings.js';
import { postgresNodeOptionNames, postgresTarget } from './target.js';
import type { PostgresNodeOptions, PostgresTarget } from './target-options.js';

/** A replica: where it is, and its share of the reads. */
export interface PostgresReplicaOptions extends PostgresNodeOptions {
  /** Its share of the reads, relative to the other replicas. Default 1. */
  readonly weight?: number;
  /** Where it stands: replicas of the router's own `routing.zone` are preferred. */
  readonly zone?: string;
}

/** A Postgres pool over one server. */
export interface PostgresOptions extends SqlSettings {
  /** Where the primary is. */
  readonly primary: PostgresNodeOptions;
  /** The pool of each node. `maxUses` defaults to 50,000: a backend's memory grows with what it has cached. */
  readonly pool?: PoolSettings;
  /** Settings of every session: time limits, time zone, type parsers, … */
  readonly session?: PostgresDriverOptions;
  /**
   * Whether reads of several callers share sessions (statements are pipelined on at most two of them). Default `true`; never behind a
   * proxy. Turn it off where every statement must have a session of its own; a query can say so for itself, too.
   */
  readonly multiplex?: boolean;
  /**
   * After how many executions an autocommit statement is prepared by itself: the server then neither parses nor plans it again. Default 5;
   * `Infinity` for never. Statements in transactions and `use` are prepared only by `name`.
   */
  readonly prepareAfter?: number;
  /** Whether the application's start fails when no node answers. Default `true`. */
  readonly required?: boolean;
  /** How long the start waits for a first answer, in milliseconds. Default 10,000. */
  readonly startTimeoutMs?: number;
}

/** A Postgres pool over a primary and its replicas. */
export interface PostgresRouterOptions extends PostgresOptions {
  /** Where the replicas are; may be empty, reads then go to the primary. */
  readonly replicas: readonly PostgresReplicaOptions[];
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
const MAX_USES = 50_000;
/** As the JDBC driver: what comes so often will come again. */
const PREPARE_AFTER = 5;

/**
 * Defines a pool over a Postgres primary and its replicas; its face is a {@link ReadReplicaRouter}. Connects to
 * nothing; the options are checked when the pool is opened, all problems at once.
 *
 * ```ts
 * postgres({ primary: { url }, replicas: [{ url: replicaUrl, weight: 2 }], routing: { strategy: 'least-loaded' } })
 * ```
 */
export function postgres(options: PostgresRouterOptions): Definition<ReadReplicaRouter>;
/** Defines a pool over one Postgres server; its face is a {@link SqlPool}. */
export function postgres(options: PostgresOptions & { readonly replicas?: undefined }): Definition<SqlPool>;
export function postgres(options: PostgresOptions | PostgresRouterOptions): Definition<SqlPool> {
  return { kind: 'postgres', open: (name, env) => open(name, options, env) };
}

function open(
  name: string,
  options: PostgresOptions | PostgresRouterOptions,
  env: Env,
): SingleNodePool | ReadReplicaRouter {
  const { primary, targets } = check(name, options);
  const { session = {}, required, startTimeoutMs, multiplex = true, prepareAfter = PREPARE_AFTER } = options;
  const { statementTimeoutMs = STATEMENT_TIMEOUT_MS } = session;
  const shared = {
    name,
    kind: 'postgres',
    driver: new PostgresDriver(session),
    pool: { maxUses: MAX_USES, ...options.pool },
    queryTimeoutMs: statementTimeoutMs + AFTER_THE_SERVER_MS,
    multiplex: multiplex && (session.pipeline ?? true),
    prepareAfter,
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
export function postgresReplica(id: string, options: PostgresReplicaOptions): ReplicaOptions {
  const problems = new Problems();
  const { weight, ...node } = options;
  problems.unknown('', node, [...postgresNodeOptionNames, 'weight', 'zone']);
  problems.number('weight', weight, { min: 0.001, max: 1_000 });
  const target = postgresTarget(id, node, problems, '');
  problems.throwIfAny(`the replica '${id}'`);
  return { target: target!, ...shareOf(options) };
}

function shareOf({ weight, zone }: PostgresReplicaOptions): Omit<ReplicaOptions, 'target'> {
  return defined({ weight, zone });
}

/** What would silently hold for some statements only, and for statements of others. */
function checkPooled(problems: Problems, { onConnect, settings }: PostgresDriverOptions): void {
  const instead =
    "set it for the user (ALTER ROLE … SET …), or say proxied: 'session' if connections keep their server";
  if (onConnect !== undefined) problems.add('session.onConnect', `cannot hold behind a pooler; ${instead}`);
  if (typeof settings !== 'object' || settings === null) return;
  for (const name of Object.keys(settings)) {
    if (!isCarried(name)) problems.add(`session.settings.${name}`, `cannot hold behind a pooler; ${instead}`);
  }
}

/** Finds everything that is wrong before anything is built. */
function check(
  name: string,
  options: Partial<PostgresRouterOptions>,
): { primary: PostgresTarget; targets: readonly PostgresTarget[] } {
  const problems = new Problems();
  problems.unknown('', options, KNOWN);
  const node = (
    id: string,
    at: string,
    given: unknown,
    more: readonly string[],
  ): PostgresTarget | undefined => {
    if (typeof given !== 'object' || given === null) {
      problems.add(at, 'must be an object with a url or with host, user, …', typeof given);
      return undefined;
    }
    problems.unknown(at, given, [...postgresNodeOptionNames, ...more]);
    return postgresTarget(`${name}.${id}`, given, problems, at);
  };
  const primary = node('primary', 'primary', options.primary, []);
  const { replicas = [], pool = {}, routing = {}, session = {} } = options;
  if (!Array.isArray(replicas)) problems.add('replicas', 'must be an array', typeof replicas);
  const list: readonly PostgresReplicaOptions[] = Array.isArray(replicas) ? replicas : [];
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
  if ([primary, ...targets].some((target) => target?.proxy === 'transaction')) checkPooled(problems, session);
  problems.type('required', options.required, 'boolean');
  problems.duration('startTimeoutMs', options.startTimeoutMs, { min: 1 });
  problems.throwIfAny(`the postgres pool '${name}'`);
  return { primary: primary!, targets: targets.map((target) => target!) };
}
