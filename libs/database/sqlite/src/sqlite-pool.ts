import type { Env, Managed, ManagedReport, PingOptions, PingResult } from '@nest-pooling/core';
import type { PoolSettings } from '@nest-pooling/pool';
import {
  DEFAULT_QUERY_TIMEOUT_MS,
  DEFAULT_START_TIMEOUT_MS,
  JoiningSqlPool,
  lendSession,
  lendStream,
  lendTransaction,
  nodeReport,
  SqlError,
  SqlNode,
  StatementBook,
  subscribeNodes,
  toStatement,
  tuneNodes,
  untilOneAnswers,
  sessionSource,
  sessionsOf,
  writeNode,
  type NodeTarget,
  type QueryOptions,
  type SessionSource,
  type SqlConnection,
  type SqlResult,
  type SqlSettings,
  type StreamOptions,
  type TransactionOptions,
  type UseOptions,
} from '@nest-pooling/sql';
import type { SqliteDriver } from './driver.js';

/** What makes a {@link SqlitePool}. */
export interface SqlitePoolOptions {
  /** The name that the pool was given. */
  readonly name: string;
  /** Opens the sessions. */
  readonly driver: SqliteDriver;
  /** The file. */
  readonly target: Omit<NodeTarget, 'id'>;
  /** The pool of readers, and of the writer. */
  readonly readers: PoolSettings;
  readonly writer: PoolSettings;
  /** What the pool wants of every statement. */
  readonly settings: SqlSettings;
  readonly required?: boolean;
  readonly startTimeoutMs?: number;
}

/**
 * A {@link SqlPool} over one file: one session that writes, so that our own writers queue here instead of failing with "database is
 * locked", and several that read beside it. A reader sees what was committed when its statement began.
 */
export class SqlitePool extends JoiningSqlPool implements Managed {
  readonly name: string;
  readonly kind = 'sqlite';
  readonly #options: SqlitePoolOptions;
  readonly #writer: SqlNode;
  readonly #readers: SqlNode;
  readonly #nodes: readonly [SqlNode, SqlNode];
  readonly #book: StatementBook;

  /** Opens nothing; {@link SqlitePool.start} does. */
  constructor(options: SqlitePoolOptions, env: Env) {
    super();
    const { name, driver, target, settings } = options;
    this.name = name;
    this.#options = options;
    this.#book = new StatementBook(driver);
    const common = { driver, queryTimeoutMs: DEFAULT_QUERY_TIMEOUT_MS, settings };
    const node = (id: string, lane: 'read' | 'write', pool: PoolSettings): SqlNode =>
      new SqlNode({ ...common, target: { ...target, id: `${name}.${id}` }, lane, pool }, env);
    this.#writer = node('writer', 'write', options.writer);
    this.#readers = node('readers', 'read', options.readers);
    this.#nodes = [this.#writer, this.#readers];
  }

  /** The one that writes. @internal */
  override [writeNode](): SqlNode {
    return this.#writer;
  }

  /** Those of the one that writes. @internal */
  override [sessionSource](): SessionSource {
    return sessionsOf(this.#writer, this.#book);
  }

  async ping(options: PingOptions = {}): Promise<Readonly<Record<string, PingResult>>> {
    const { timeoutMs = 1_000 } = options;
    const answers = this.#nodes.map(async (node) => [node.id, await node.prober.ping(timeoutMs)] as const);
    return Object.fromEntries(await Promise.all(answers));
  }

  async start(): Promise<void> {
    const { required = true, startTimeoutMs = DEFAULT_START_TIMEOUT_MS } = this.#options;
    await untilOneAnswers(this.name, this.#nodes, required, startTimeoutMs);
  }

  async drain(options: { deadlineMs?: number } = {}): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.drain(options.deadlineMs)));
  }

  async close(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.close()));
  }

  suspend(): void {
    for (const node of this.#nodes) node.hold(true);
  }

  resume(): void {
    for (const node of this.#nodes) node.hold(false);
  }

  /** The numbers of the writer and of the readers. */
  report(): ManagedReport {
    const reports = this.#nodes.map((node) => [node.id, nodeReport(node, true)] as const);
    return {
      name: this.name,
      kind: this.kind,
      status: this.#writer.pool.status,
      serving: reports[0]![1].healthy,
      nodes: Object.fromEntries(reports),
    };
  }

  /** Changes the number of readers; there is always one writer. */
  tune(options: object): void {
    tuneNodes(this.name, [this.#readers], options);
  }

  evict(reason: string): void {
    for (const node of this.#nodes) node.evict(reason);
  }

  subscribe(sink: object): () => void {
    return subscribeNodes(this.#nodes, sink);
  }

  protected override async queryAlone<Row>(
    text: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<SqlResult<Row>> {
    const profile = this.#book.profile(text);
    const statement = this.#book.statement(profile, text, params, options);
    const reads = (options?.access ?? profile.lane) === 'read' && !profile.pins && !profile.pace.writes;
    if (!reads) return this.#writer.query<Row>(statement, options, 'write');
    const deadline = deadlineOf(this.#readers, options);
    try {
      return await this.#readers.query<Row>(statement, options, 'read');
    } catch (error) {
      // A read that writes: the readers refuse it, and it is known from now on.
      if (!(error instanceof SqlError) || error.kind !== 'read-only') throw error;
      profile.pace.writes = true;
      return this.#writer.query<Row>(statement, rest(this.#writer, options, deadline), 'write');
    }
  }

  protected override streamAlone<Row>(
    text: string,
    params?: readonly unknown[],
    options?: StreamOptions,
  ): AsyncIterable<Row> {
    const { lane, pins } = this.#book.profile(text);
    const access = pins ? 'write' : (options?.access ?? lane);
    return lendStream<Row>(this.#nodeFor(access), toStatement(text, params, options), options, access);
  }

  protected override transactionAlone<R>(
    work: (tx: SqlConnection) => Promise<R>,
    options?: TransactionOptions,
  ): Promise<R> {
    const access = options?.readOnly ? 'read' : (options?.access ?? 'write');
    return lendTransaction(this.#nodeFor(access), this, work, options, access);
  }

  protected override useAlone<R>(
    work: (connection: SqlConnection) => Promise<R>,
    options?: UseOptions,
  ): Promise<R> {
    const access = options?.access ?? 'write';
    return lendSession(this.#nodeFor(access), this, work, options, access);
  }

  #nodeFor(access: 'read' | 'write'): SqlNode {
    return access === 'read' ? this.#readers : this.#writer;
  }
}

function deadlineOf({ env }: SqlNode, options: QueryOptions | undefined): number | undefined {
  return options?.timeoutMs === undefined ? undefined : env.scheduler.now() + options.timeoutMs;
}

/** The options for another attempt, with what is left of the time. */
function rest(
  { env }: SqlNode,
  options: QueryOptions | undefined,
  deadline: number | undefined,
): QueryOptions | undefined {
  if (deadline === undefined) return options;
  return { ...options, timeoutMs: Math.max(0, deadline - env.scheduler.now()) };
}
