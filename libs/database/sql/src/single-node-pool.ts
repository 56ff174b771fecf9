import {
  Problems,
  systemEnv,
  type Env,
  type Managed,
  type ManagedReport,
  type PingOptions,
  type PingResult,
} from '@nest-pooling/core';
import type { PoolSettings } from '@nest-pooling/pool';
import type { NodeTarget, SqlDriver } from './driver.js';
import { JoiningSqlPool, writeNode } from './joining-pool.js';
import { lendSession, lendStream, lendTransaction } from './lend.js';
import { StatementBook } from './lanes/statement-book.js';
import type { SqlResult } from './result.js';
import { toStatement } from './run-statement.js';
import { sessionSource, type SessionSource } from './session-source.js';
import { sessionsOf } from './sessions-of.js';
import { nodeReport, subscribeNodes, tuneNodes } from './node-group.js';
import { SqlNode } from './sql-node.js';
import type {
  QueryOptions,
  SqlConnection,
  StreamOptions,
  TransactionOptions,
  UseOptions,
} from './sql-pool.js';
import { checkSqlSettings, pickSqlSettings, type SqlSettings } from './sql-settings.js';
import { untilOneAnswers } from './start.js';

/** What makes a {@link SingleNodePool}. */
export interface SingleNodePoolOptions extends SqlSettings {
  /** The name that the pool was given. */
  readonly name: string;
  /** The kind of pool, for display: `postgres`, `mysql`, … */
  readonly kind: string;
  /** The port to this kind of server. */
  readonly driver: SqlDriver;
  /** Where the server is and how to log in. */
  readonly target: NodeTarget;
  /** The pool of sessions. */
  readonly pool: PoolSettings;
  /** A statement that runs for longer has lost its server. Default 65,000: after the server's own limit of 60 s. */
  readonly queryTimeoutMs?: number;
  /** Whether reads of several callers share sessions, where the driver can pipeline and no proxy is in between. Default `true`. */
  readonly multiplex?: boolean;
  /** After how many executions an autocommit statement is prepared by itself. Default `Infinity`: never. */
  readonly prepareAfter?: number;
  /** Whether the start fails when the server does not answer. Default `true`. */
  readonly required?: boolean;
  /** How long the start waits for the server. Default 10,000. */
  readonly startTimeoutMs?: number;
}

/** How long the own limit of a statement is after the server's usual one. */
export const DEFAULT_QUERY_TIMEOUT_MS = 65_000;
/** How long a start waits for a first answer. */
export const DEFAULT_START_TIMEOUT_MS = 10_000;

/** A {@link SqlPool} over one server. */
export class SingleNodePool extends JoiningSqlPool implements Managed {
  readonly name: string;
  readonly kind: string;
  readonly #options: SingleNodePoolOptions;
  readonly #node: SqlNode;
  readonly #book: StatementBook;

  /** Connects to nothing; {@link SingleNodePool.start} does. */
  constructor(options: SingleNodePoolOptions, env: Env = systemEnv) {
    super();
    const problems = new Problems();
    checkSqlSettings(options, problems);
    problems.throwIfAny(`the pool '${options.name}'`);
    this.name = options.name;
    this.kind = options.kind;
    this.#options = options;
    const { driver, target, pool, queryTimeoutMs = DEFAULT_QUERY_TIMEOUT_MS } = options;
    const multiplex = options.multiplex ?? true;
    this.#book = new StatementBook(driver, options.prepareAfter);
    const settings = pickSqlSettings(options);
    this.#node = new SqlNode(
      { driver, target, pool, lane: 'write', queryTimeoutMs, multiplex, settings },
      env,
    );
  }

  /** Its only one. @internal */
  override [writeNode](): SqlNode {
    return this.#node;
  }

  /** Of that node. @internal */
  override [sessionSource](): SessionSource {
    return sessionsOf(this.#node, this.#book);
  }

  async ping(options: PingOptions = {}): Promise<Readonly<Record<string, PingResult>>> {
    return { [this.#node.id]: await this.#node.prober.ping(options.timeoutMs ?? 1_000) };
  }

  async start(): Promise<void> {
    const { required = true, startTimeoutMs = DEFAULT_START_TIMEOUT_MS } = this.#options;
    await untilOneAnswers(this.name, [this.#node], required, startTimeoutMs);
  }

  async drain(options: { deadlineMs?: number } = {}): Promise<void> {
    await this.#node.drain(options.deadlineMs);
  }

  async close(): Promise<void> {
    await this.#node.close();
  }

  suspend(): void {
    this.#node.hold(true);
  }

  resume(): void {
    this.#node.hold(false);
  }

  /** The numbers of the node. */
  report(): ManagedReport {
    const node = nodeReport(this.#node, true);
    const { status } = this.#node.pool;
    return {
      name: this.name,
      kind: this.kind,
      status,
      serving: node.healthy,
      nodes: { [this.#node.id]: node },
    };
  }

  tune(options: object): void {
    tuneNodes(this.name, [this.#node], options);
  }

  evict(reason: string): void {
    this.#node.evict(reason);
  }

  subscribe(sink: object): () => void {
    return subscribeNodes([this.#node], sink);
  }

  protected override queryAlone<Row>(
    text: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<SqlResult<Row>> {
    const book = this.#book;
    const profile = book.profile(text);
    const statement = book.statement(profile, text, params, options);
    return profile.lane === 'read'
      ? this.#node.read<Row>(statement, profile, options)
      : this.#node.query<Row>(statement, options, 'write');
  }

  protected override streamAlone<Row>(
    text: string,
    params?: readonly unknown[],
    options?: StreamOptions,
  ): AsyncIterable<Row> {
    return lendStream<Row>(this.#node, toStatement(text, params, options), options, 'write');
  }

  protected override transactionAlone<R>(
    work: (tx: SqlConnection) => Promise<R>,
    options?: TransactionOptions,
  ): Promise<R> {
    return lendTransaction(this.#node, this, work, options, 'write');
  }

  protected override useAlone<R>(
    work: (connection: SqlConnection) => Promise<R>,
    options?: UseOptions,
  ): Promise<R> {
    return lendSession(this.#node, this, work, options, 'write');
  }
}
