import type { Env } from '@nest-pooling/core';
import { Pool } from '@nest-pooling/pool';
import { Attachments } from './attachments.js';
import type { Lane, SqlDriver, Statement } from './driver.js';
import { Multiplexer } from './lanes/multiplexer.js';
import { labelled } from './lanes/observe-read.js';
import { timed, type Pace } from './lanes/pace.js';
import type { Profile } from './lanes/statement-book.js';
import { OpenSessions } from './open-sessions.js';
import { policyOf, type NodePolicy } from './node-policy.js';
import { SessionFactory, type Activity, type NodeSession } from './node-session.js';
import { Prober } from './prober.js';
import type { SqlResult, SqlRow } from './result.js';
import type { NodeQueryOptions } from './node-query-options.js';
import { runOnce } from './run-once.js';
import type { SqlNodeOptions } from './sql-node-options.js';
import { Watchdog } from './watchdog.js';

/** One server: its pool of sessions, its prober, and the ways to run something there. Knows no other node. */
export class SqlNode {
  /** The node's name, for instance `orders.replica-1`. */
  readonly id: string;
  /** The port to this kind of server. */
  readonly driver: SqlDriver;
  /** What its pool wants of every statement and transaction. */
  readonly policy: NodePolicy;
  /** Its sessions. */
  readonly pool: Pool<NodeSession>;
  /** Asks it things past the pool's queue. */
  readonly prober: Prober;
  /** What packages of drivers keep on it. */
  readonly attachments = new Attachments();
  /** Errors since the start: failed creates are the pool's, these are lost sessions and failed probes. */
  errors = 0;
  /** How often its reads were given up: what failed then has not failed by itself. */
  abandons = 0;
  #lane: Lane;
  readonly #sessions = new OpenSessions({
    opened: () => this.#watchdog.start(),
    closed: (entry) => this.#mux?.taken(entry),
    lost: (entry) => {
      this.errors++;
      this.#mux?.lostIdle(entry);
      this.lost(entry);
    },
    opening: () => {
      const refusalOf = this.options.opening?.();
      return (identity) => refusalOf?.(identity, this.#lane);
    },
  });
  readonly #watchdog: Watchdog;
  readonly #mux: Multiplexer | undefined;

  constructor(
    /** What it was made from. */
    readonly options: SqlNodeOptions,
    /** Its time and chance. */
    readonly env: Env,
  ) {
    const { driver, target, pool, queryTimeoutMs } = options;
    this.id = target.id;
    this.driver = driver;
    this.#lane = options.lane;
    this.policy = policyOf(options.settings ?? {}, pool, driver, env);
    this.#watchdog = new Watchdog(env, this.#sessions.entries, queryTimeoutMs, target.proxied);
    this.prober = new Prober(driver, target, env, {
      recovered: () => this.pool.retryNow(),
      failed: () => this.errors++,
    });
    const factory = new SessionFactory(driver, target, () => this.#lane, env, this.#sessions);
    this.pool = new Pool({ ...pool, name: target.id, factory }, env);
    const shares = (options.multiplex ?? true) && driver.can.pipeline && !target.proxied;
    this.#mux = shares ? new Multiplexer(this) : undefined;
  }

  /** The lane of its sessions. */
  get lane(): Lane {
    return this.#lane;
  }

  /** Callers that are served plus callers that wait: what a balancer compares. */
  get load(): number {
    const { pool } = this;
    const mux = this.#mux;
    return mux === undefined ? pool.load : pool.load - mux.held + mux.active + mux.waiting;
  }

  /** Callers that wait. */
  get waiting(): number {
    return this.pool.load - this.pool.leased + (this.#mux?.waiting ?? 0);
  }

  /** The watchdog's count, for the start of a statement. */
  get tick(): number {
    return this.#watchdog.tick;
  }

  /** A connection is gone, and maybe not the only one: what is idle is asked before somebody has it. */
  lost(entry: NodeSession): void {
    this.pool.invalidate(entry, 'connection lost', { doubtful: true });
  }

  /** Connects `min` sessions. */
  start(): Promise<void> {
    return this.pool.start();
  }

  /**
   * Runs a statement that only reads: on a session that it shares with others where that pays, else on one of its own. What is slow
   * has one of its own, and what is not quite fast too, as long as one is free: behind each other such statements add up.
   */
  read<Row = SqlRow>(
    statement: Statement,
    profile: Profile,
    options: NodeQueryOptions | undefined,
  ): Promise<SqlResult<Row>> {
    const mux = this.#mux;
    const { pace, pins, lane } = profile;
    const alone = lane !== 'read' || pins || pace.writes || options?.multiplex === false;
    if (mux === undefined || alone || !mux.pays) return this.query<Row>(statement, options, 'read');
    if (pace.slow || (!pace.brisk && this.pool.idle > 0)) {
      return this.query<Row>(statement, options, 'read', pace);
    }
    return mux.run<Row>(statement, profile, labelled(this, options));
  }

  /** Runs one statement on a session of its own; `pace` learns how long it takes. */
  query<Row = SqlRow>(
    statement: Statement,
    options: NodeQueryOptions | undefined,
    activity: Activity,
    pace?: Pace,
  ): Promise<SqlResult<Row>> {
    if (pace === undefined) return runOnce<Row>(this, statement, options, activity);
    const { scheduler } = this.env;
    return runOnce<Row>(this, statement, options, activity, (work) =>
      timed(pace, scheduler, this.#mux?.way.ms ?? 0, work),
    );
  }

  /**
   * Gives up on every read that is under way or waits here, so that it can run elsewhere. Writes are left alone:
   * nobody else may run them, and nobody knows whether they happened.
   */
  abandonReads(reason: string): void {
    this.abandons++;
    this.#sessions.end(true);
    this.#mux?.abandon(reason);
    // A node of the read lane serves nothing but reads.
    if (this.lane === 'read') this.pool.abandonWaiters(reason);
  }

  /** Its server has become something else: its sessions go as soon as nobody uses them, new ones are of the other lane. */
  become(lane: Lane, reason: string): void {
    if (this.#lane === lane) return;
    this.#lane = lane;
    this.#mux?.recycle();
    this.pool.evict(reason, { immediately: true });
  }

  /**
   * Ends every session at once, whatever runs there, and turns away who waits. What was being written has an unknown outcome: whatever
   * the server would still acknowledge is of no worth.
   */
  cut(reason: string): void {
    this.#sessions.end(false);
    this.#mux?.abandon(reason);
    this.pool.evict(reason, { immediately: true });
    this.pool.abandonWaiters(reason);
  }

  /** Replaces every session. */
  evict(reason: string): void {
    this.attachments.evict(reason);
    this.prober.drop();
    this.#mux?.recycle();
    this.pool.evict(reason);
  }

  /** Changes the sizes of its pool. */
  resize(sizes: { min?: number; max?: number }): void {
    this.pool.resize(sizes);
    this.#mux?.recycle();
  }

  /** Holds new work back, or no longer; see `Pool.suspend`. */
  hold(back: boolean): void {
    if (back) this.pool.suspend();
    else this.pool.resume();
    this.#mux?.hold(back);
  }

  /** Lets what was accepted end, then closes. */
  async drain(deadlineMs: number | undefined): Promise<void> {
    const detached = this.attachments.close();
    this.#mux?.drain();
    await this.pool.drain(deadlineMs === undefined ? {} : { deadlineMs });
    await detached;
    this.#end();
  }

  /** Ends everything; see `Pool.close`. */
  async close(): Promise<void> {
    const detached = this.attachments.close();
    this.prober.close();
    this.#mux?.close();
    await this.pool.close();
    await detached;
    this.#end();
  }

  #end(): void {
    this.prober.close();
    this.#watchdog.stop();
    this.#mux?.dispose();
  }
}
