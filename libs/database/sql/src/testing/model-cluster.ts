import type { Env } from '@nest-pooling/core';
import type { Lane, NodeTarget, Role, SqlDriver } from '../driver.js';
import { hitLate } from './model-cancel.js';
import { ModelClock } from './model-clock.js';
import { connected } from './model-connect.js';
import { ModelDatabase } from './model-database.js';
import { modelDialect } from './model-dialect.js';
import type { ModelLog } from './model-log.js';
import { ModelNetwork } from './model-network.js';
import type { ModelOptions } from './model-options.js';
import { ModelReplication } from './model-replication.js';
import { newServer, type ModelServer, type ServedSession } from './model-server.js';
import { ModelSession } from './model-session.js';

/**
 * A cluster of SQL servers as a model: everything above the session (pools, transactions, router) runs its real
 * code against it, on real or on virtual time. It understands a few words:
 *
 * - `select <key>`: a row `{ value, node }`, with the first parameter as `echo` where there is one
 * - `rows <n> <key>`: the same row `n` times, with its number as `n`
 * - `sleep <ms> [<key>]`: a read that takes so long
 * - `insert <key> <value>`, `update <key> <value>`: refused by replicas and by sessions of the read lane; wait while another
 *   transaction has changed the same row
 * - `sneaky <key> <value>`: the same, but looks like a read
 * - `fail <code>`: an error with that code, for instance `fail constraint`
 * - `defer …`: lets the commit fail
 * - `set …`: a statement that leaves session state behind
 * - `trap`: looks like a read and opens a transaction
 * - `begin …`, `commit`, `rollback`, `savepoint …`, …: transactions
 */
export class ModelCluster implements SqlDriver {
  readonly dialect = modelDialect.dialect;
  readonly classify = modelDialect.classify;
  readonly fault = modelDialect.fault;
  readonly compare = modelDialect.compare;
  readonly distance = modelDialect.distance;
  /** Pipelines where {@link ModelOptions.pipeline} says so; else one statement at a time. */
  readonly can: SqlDriver['can'];
  /** Every server by id. */
  readonly servers = new Map<string, ModelServer>();
  /** The ways between clients and servers. */
  readonly network = new ModelNetwork();
  /** Where all servers see one log. */
  readonly #shared: ModelDatabase;
  readonly #replication: ModelReplication | undefined;
  readonly #clock: ModelClock;
  readonly #options: ModelOptions;
  #sessions = 0;

  /** Without options nothing goes wrong but what is asked for. */
  constructor(env: Env, options: ModelOptions = {}) {
    this.#options = options;
    this.can = { pipeline: options.pipeline ?? false, cancel: true, positions: true };
    this.#clock = new ModelClock(env);
    this.#shared = this.#newDatabase('any');
    const { replication } = options;
    this.#replication = replication && new ModelReplication(replication, this.#clock);
  }

  /** Timers of the model that are pending: the others are those of the code under test. */
  get pendingTimers(): number {
    return this.#clock.pending;
  }

  /** Adds a server and returns its address. */
  add(id: string, role: Role): NodeTarget {
    const database = this.#replication === undefined ? this.#shared : this.#newDatabase(id);
    const { data } = database;
    const server = newServer(id, role, data);
    this.servers.set(id, server);
    this.#replication?.add(server, database);
    const credentials = (): Promise<{ user: string }> => Promise.resolve({ user: 'model' });
    return { id, host: id, port: 1, proxied: false, credentials };
  }

  /** The server of that name. */
  server(id: string): ModelServer {
    const server = this.servers.get(id);
    if (server === undefined) throw new Error(`there is no server ${id}`);
    return server;
  }

  /** Kills a server: its sessions end, new ones are refused. */
  kill(id: string): void {
    const server = this.#changing(id);
    server.state = 'down';
    for (const session of everySession(server)) session.lose('the server was killed');
  }

  /** Freezes a server: it takes connections and answers nothing. */
  freeze(id: string): void {
    this.#changing(id).state = 'frozen';
  }

  /** Lets a killed or frozen server work again. */
  restore(id: string): void {
    const server = this.#changing(id);
    server.state = 'up';
    hitLate(server);
    for (const session of everySession(server)) session.wake();
  }

  /** Makes a replica the primary, on a history of its own. What it was before is not told: it has to be killed, or is a second primary. */
  promote(id: string): void {
    const server = this.server(id);
    this.#replication?.lead(server);
    server.role = 'primary';
    server.timeline = 1 + Math.max(...[...this.servers.values()].map(({ timeline }) => timeline));
  }

  /**
   * Lets a server that was the primary follow the one that is it now. Its sessions end. Where servers have logs of their own it follows
   * that one, and what it has and that one has not is gone.
   */
  follow(id: string, upstream?: string): void {
    const server = this.#changing(id);
    for (const session of everySession(server)) session.lose('the server starts again');
    server.role = 'replica';
    const all = [...this.servers.values()];
    server.timeline = Math.max(...all.map(({ timeline }) => timeline));
    const followed = upstream === undefined ? undefined : this.server(upstream);
    if (followed === undefined) return;
    server.timeline = followed.timeline;
    this.#replication?.follow(server, followed);
  }

  /** Nothing comes to a replica from the server that it follows, or again. Only where servers have logs of their own. */
  separate(id: string, separated: boolean): void {
    this.#replication?.separate(this.server(id), separated);
  }

  /** What a server has committed or taken, the oldest first, with all that has come by now. */
  logOf(id: string): ModelLog {
    return this.#databaseOf(this.#changing(id)).log;
  }

  /** Lets a replica show what was committed `ms` ago. */
  lag(id: string, ms: number): void {
    const server = this.#changing(id);
    this.#databaseOf(server).log.positionOf(server);
    server.replayDelayMs = ms;
  }

  /** Lets a replica stay where it is, until {@link ModelCluster.resumeReplay}. */
  pauseReplay(id: string): void {
    const server = this.#changing(id);
    this.#databaseOf(server).log.positionOf(server);
    server.replayPaused = true;
  }

  /** Ends {@link ModelCluster.pauseReplay}. */
  resumeReplay(id: string): void {
    this.server(id).replayPaused = false;
  }

  /** What has arrived at the client is taken now: what an I/O phase does that comes before everything else. */
  deliver(): void {
    this.#clock.deliver();
  }

  connect(target: NodeTarget, lane: Lane, _env: Env, signal: AbortSignal): Promise<ModelSession> {
    return this.#connect(target, lane, signal, undefined);
  }

  /** The same for somebody with a name, whose ways can be cut. */
  driverOf(client: string): SqlDriver {
    const { can } = this;
    const connect: SqlDriver['connect'] = (target, lane, _env, signal) =>
      this.#connect(target, lane, signal, client);
    return { ...modelDialect, can, connect };
  }

  async #connect(
    { id }: NodeTarget,
    lane: Lane,
    signal: AbortSignal,
    client: string | undefined,
  ): Promise<ModelSession> {
    const server = this.server(id);
    const clock = this.#clock;
    const options = this.#options;
    const { network } = this;
    const fate = options.fates?.connect?.(server) ?? 'works';
    await connected(server, clock, fate, signal, () => network.isCut(client, server));
    const database = this.#databaseOf(server);
    const replication = this.#replication;
    const context = { server, database, clock, options, client, network, replication };
    return new ModelSession(context, lane, ++this.#sessions);
  }

  /** A server of which something is about to change: what has come by now has come. */
  #changing(id: string): ModelServer {
    this.#replication?.pull();
    return this.server(id);
  }

  #databaseOf(server: ModelServer): ModelDatabase {
    return this.#replication?.databaseOf(server) ?? this.#shared;
  }

  #newDatabase(node: string): ModelDatabase {
    const { observer } = this.#options;
    return new ModelDatabase(
      () => this.#clock.now(),
      (key, value) => observer?.committed?.(key, value, node),
    );
  }
}

function everySession({ sessions, lingering }: ModelServer): readonly ServedSession[] {
  return [...sessions, ...lingering];
}
