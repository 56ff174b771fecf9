import type { Env } from '@nest-pooling/core';
import type { FaultContext, Lane, NodeTarget, Position, Role, SqlDriver, SqlSession } from '../driver.js';
import type { Fault } from '../fault.js';
import { hitLate } from './model-cancel.js';
import { ModelClock } from './model-clock.js';
import { connected } from './model-connect.js';
import { ModelDatabase } from './model-database.js';
import { modelFault } from './model-fault.js';
import type { ModelOptions } from './model-options.js';
import type { ModelServer, ServedSession } from './model-server.js';
import { ModelSession } from './model-session.js';
import { classify } from './model-words.js';

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
  readonly dialect = 'model';
  /** Pipelines where {@link ModelOptions.pipeline} says so; else one statement at a time. */
  readonly can: SqlDriver['can'];
  /** Every server by id. */
  readonly servers = new Map<string, ModelServer>();
  readonly #database: ModelDatabase;
  readonly #clock: ModelClock;
  readonly #options: ModelOptions;
  #sessions = 0;

  /** Without options nothing goes wrong but what is asked for. */
  constructor(env: Env, options: ModelOptions = {}) {
    this.#options = options;
    this.can = { pipeline: options.pipeline ?? false, cancel: true, positions: true };
    this.#clock = new ModelClock(env);
    this.#database = new ModelDatabase(
      () => this.#clock.now(),
      (key, value) => options.observer?.committed?.(key, value),
    );
  }

  /** Timers of the model that are pending: the others are those of the code under test. */
  get pendingTimers(): number {
    return this.#clock.pending;
  }

  /** Adds a server and returns its address. */
  add(id: string, role: Role): NodeTarget {
    const { data } = this.#database;
    this.servers.set(id, {
      id,
      role,
      timeline: 1,
      systemId: 'model',
      state: 'up',
      data,
      replayDelayMs: 0,
      replayPaused: false,
      replayed: 0,
      sessions: new Set(),
      lingering: new Set(),
      statements: 0,
      latencyMs: 1,
      wayMs: 0,
      cancelLagMs: 0,
      cancels: 0,
    });
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
    const server = this.server(id);
    server.state = 'down';
    for (const session of everySession(server)) session.lose('the server was killed');
  }

  /** Freezes a server: it takes connections and answers nothing. */
  freeze(id: string): void {
    this.server(id).state = 'frozen';
  }

  /** Lets a killed or frozen server work again. */
  restore(id: string): void {
    const server = this.server(id);
    server.state = 'up';
    hitLate(server);
    for (const session of everySession(server)) session.wake();
  }

  /** Makes a replica the primary, on a history of its own. What it was before is not told: it has to be killed, or is a second primary. */
  promote(id: string): void {
    const server = this.server(id);
    server.role = 'primary';
    server.timeline = 1 + Math.max(...[...this.servers.values()].map(({ timeline }) => timeline));
  }

  /** Lets a server that was the primary follow the one that is it now. Its sessions end. */
  follow(id: string): void {
    const server = this.server(id);
    for (const session of everySession(server)) session.lose('the server starts again');
    server.role = 'replica';
    server.timeline = Math.max(...[...this.servers.values()].map(({ timeline }) => timeline));
  }

  /** Lets a replica show what was committed `ms` ago. */
  lag(id: string, ms: number): void {
    const server = this.server(id);
    this.#database.log.positionOf(server);
    server.replayDelayMs = ms;
  }

  /** Lets a replica stay where it is, until {@link ModelCluster.resumeReplay}. */
  pauseReplay(id: string): void {
    const server = this.server(id);
    this.#database.log.positionOf(server);
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

  async connect(target: NodeTarget, lane: Lane, _env: Env, signal: AbortSignal): Promise<SqlSession> {
    const server = this.server(target.id);
    const clock = this.#clock;
    const options = this.#options;
    await connected(server, clock, options.fates?.connect?.(server) ?? 'works', signal);
    const database = this.#database;
    return new ModelSession({ server, database, clock, options }, lane, ++this.#sessions);
  }

  classify(text: string): ReturnType<SqlDriver['classify']> {
    return classify(text);
  }

  fault(error: unknown, during: FaultContext): Fault {
    return modelFault(error, during);
  }

  compare(have: Position, want: Position): 'reached' | 'behind' | 'incomparable' {
    if (have.systemId !== want.systemId || have.timeline !== want.timeline) return 'incomparable';
    return Number(have.at) >= Number(want.at) ? 'reached' : 'behind';
  }

  distance(have: Position, want: Position): number {
    return Number(want.at) - Number(have.at);
  }
}

function everySession({ sessions, lingering }: ModelServer): readonly ServedSession[] {
  return [...sessions, ...lingering];
}
