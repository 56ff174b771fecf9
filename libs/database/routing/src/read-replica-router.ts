import { checkStrategy, type StrategyChoice } from '@nest-pooling/balancing';
import { Problems, systemEnv, type Env } from '@nest-pooling/core';
import {
  ambientConnection,
  sessionSource,
  writeNode,
  StatementBook,
  toStatement,
  type QueryOptions,
  type SessionSource,
  type SqlConnection,
  type SqlNode,
  type SqlResult,
  type SqlRow,
  type StreamOptions,
  type TransactionOptions,
  type UseOptions,
} from '@nest-pooling/sql';
import { accessOf } from './access.js';
import { explain, type Explanation } from './explain.js';
import type { Fleet } from './fleet.js';
import { FleetPool } from './fleet-pool.js';
import { checkRouter, type ReplicaOptions, type RouterOptions } from './options.js';
import type { ReadOptions } from './ways.js';
import type { RouterEvents } from './router-events.js';
import type { NodeReport } from './router-node.js';
import { RouterParts } from './router-parts.js';
import { RouterSessions } from './router-sessions.js';

/**
 * A {@link SqlPool} over a primary and its replicas: writes and transactions go to the primary, reads to a replica. Every node is
 * probed all the time; one that is dead or frozen leaves the rotation, its reads run elsewhere, and it returns with a slow start.
 * With no replica left, reads go to the primary.
 */
export class ReadReplicaRouter extends FleetPool {
  protected readonly fleet: Fleet;
  readonly #parts: RouterParts;
  readonly #book: StatementBook;

  /** Connects to nothing; {@link ReadReplicaRouter.start} does. Throws an `OptionsError` that lists every wrong option. */
  constructor(options: RouterOptions, env: Env = systemEnv) {
    checkRouter(options);
    super(options);
    this.#book = new StatementBook(options.driver, options.prepareAfter);
    this.#parts = new RouterParts(this, options, env);
    this.fleet = this.#parts.fleet;
  }

  /** Runs a statement that only reads, on a replica if one is in rotation; inside a transaction it joins that. */
  read<Row = SqlRow>(
    text: string,
    params?: readonly unknown[],
    options?: ReadOptions,
  ): Promise<SqlResult<Row>> {
    const joined = ambientConnection(this);
    if (joined !== undefined) return joined.query<Row>(text, params, options);
    const profile = this.#book.profile(text);
    return this.#parts.reader.read<Row>(
      this.#book.statement(profile, text, params, options),
      profile,
      options,
    );
  }

  /** Runs a statement on the primary. It is sent once at most. Inside a transaction it joins that. */
  write<Row = SqlRow>(
    text: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<SqlResult<Row>> {
    return this.query<Row>(text, params, { ...options, access: 'write' });
  }

  /** The primary's. @internal */
  override readonly [writeNode] = (): SqlNode => this.#parts.writer.node();

  /** Of all nodes. @internal */
  override readonly [sessionSource] = (): SessionSource => new RouterSessions(this.#book, this.#parts);

  /** Every node with its role, health and numbers. */
  nodes(): readonly NodeReport[] {
    return this.fleet.nodes.map((node) => node.report());
  }

  /** Says where a statement would go now, which nodes could serve it, and why the others could not. Runs nothing. */
  explain(text: string, options?: ReadOptions): Explanation {
    const lane = this.#laneOf(text, options);
    const { selector } = this.#parts;
    const { name } = options?.strategy === undefined ? selector.usual : selector.strategy(options.strategy);
    return explain(lane, this.fleet.nodes, name, this.#parts.reads.consistency.explained(options));
  }

  /**
   * What the caller's later reads must see, as a text for a header, a cookie or a message: the position after its last write here.
   * `undefined` when nothing was written and no token came in. Asks the primary when that position is not known yet.
   * @throws PositionUnknownError `ROUTING_POSITION_UNKNOWN`, TokensOffError `ROUTING_TOKENS_OFF`
   */
  token(): Promise<string | undefined> {
    return this.#parts.reads.bridge.token();
  }

  /**
   * Runs `work` as one caller, whose `read-your-writes` reads see what `token` stands for. One that is not valid is told to
   * `routing.tokens.onRejected`. Throws a TokensOffError `ROUTING_TOKENS_OFF`.
   */
  runWithToken<R>(token: string | undefined, work: () => R): R {
    return this.#parts.reads.bridge.run(token, work);
  }

  /** Calls `listener` at each event of that name; returns the function that removes it. Also told on the channel `nest-pooling.routing`. */
  on<Name extends keyof RouterEvents>(name: Name, listener: (event: RouterEvents[Name]) => void): () => void {
    return this.#parts.listeners.on(name, listener);
  }

  /** Refuses writes until the function that it returns is called. Reads go on. */
  readOnly(reason: string): () => void {
    return this.#parts.writer.refuse(reason);
  }

  /**
   * Takes a node out of rotation, for maintenance or for good: no read goes there any more, what runs may end, its probes go on. Returns the
   * function that puts it back; it returns then as after an ejection, with a share that grows.
   * @throws OptionsError for a node that does not exist
   */
  takeOut(node: string, reason: string): () => void {
    return this.#parts.fleet.takeOut(node, reason);
  }

  /**
   * Adds a replica at run time; it is in rotation when it has answered a probe.
   * @throws OptionsError when there is a node of that name
   */
  addReplica(replica: ReplicaOptions): Promise<void> {
    return this.#parts.addReplica(replica);
  }

  /**
   * Removes a node: nothing new goes there, what runs may end within `deadlineMs` (default 10,000).
   * @throws OptionsError for one that does not exist, and for the primary
   */
  removeNode(node: string, options: { deadlineMs?: number } = {}): Promise<void> {
    return this.#parts.removeNode(node, options.deadlineMs);
  }

  override async drain(options: { deadlineMs?: number } = {}): Promise<void> {
    await super.drain(options);
    this.#parts.endReads();
  }

  override close(): Promise<void> {
    this.#parts.endReads();
    return super.close();
  }

  tune(options: { strategy?: StrategyChoice; min?: number; max?: number }): void {
    const { strategy, ...sizes } = options;
    const problems = new Problems();
    checkStrategy(problems, 'strategy', strategy);
    problems.throwIfAny(`tuning the router '${this.name}'`);
    this.fleet.resize(sizes);
    if (strategy !== undefined) this.#parts.selector.choose(strategy);
  }

  protected override queryAlone<Row>(
    text: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<SqlResult<Row>> {
    const profile = this.#book.profile(text);
    const statement = this.#book.statement(profile, text, params, options);
    return accessOf(profile.lane, options) === 'read'
      ? this.#parts.reader.read<Row>(statement, profile, options)
      : this.#parts.writer.run((sql, left) => sql.query<Row>(statement, left, 'write'), options);
  }

  /** On a replica or, for what is no plain read, on the primary. Once rows have come, a failure is final. */
  protected override streamAlone<Row>(
    text: string,
    params?: readonly unknown[],
    options?: StreamOptions,
  ): AsyncIterable<Row> {
    const statement = toStatement(text, params, options);
    const lane = this.#laneOf(text, options);
    return this.#parts.lending[lane]<Row>(statement, options);
  }

  protected override transactionAlone<R>(
    work: (tx: SqlConnection) => Promise<R>,
    options?: TransactionOptions,
  ): Promise<R> {
    return this.#parts.lending.transaction(work, options);
  }

  protected override useAlone<R>(
    work: (connection: SqlConnection) => Promise<R>,
    options?: UseOptions,
  ): Promise<R> {
    return this.#parts.lending.use(work, options);
  }

  #laneOf(text: string, options?: QueryOptions): 'read' | 'write' {
    const { pace, lane } = this.#book.profile(text);
    return pace.writes ? 'write' : accessOf(lane, options);
  }
}
