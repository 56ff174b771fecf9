import type { Statement } from './driver.js';
import { SqlError } from './errors.js';
import { Interruptible, limitError, limitReached, untilQuiet } from './interruptible.js';
import type { Activity, NodeSession } from './node-session.js';
import type { SqlResult } from './result.js';
import { OpenLevels } from './open-levels.js';
import type { RowStream } from './row-stream.js';
import { commitOn, runStatement } from './run-statement.js';
import type { SqlNode } from './sql-node.js';
import { observed } from './statement-observer.js';
import { watchLimits, type StatementLimits } from './statement-limits.js';
import { SqlTransactionFailedError } from './transaction-errors.js';
import { Turns } from './turns.js';

const ROLLBACK = /^\s*rollback\b/i;

/** Why something may not begin any more; `undefined` when it may. */
export type Refusal = () => SqlError | undefined;

/** A session while it is lent: statements take turns, and it knows which transactions are open on it. */
export class LentSession {
  /** Which transactions are open on it. */
  readonly levels = new OpenLevels();
  /** What made the open transaction fail, if something did. */
  failure: SqlError | undefined = undefined;
  /** A statement of the open transaction was cut off: the transaction has failed, whatever the server says. */
  cutOff = false;
  /** How many savepoints were made, for their names. */
  savepoints = 0;
  /** How many transactions are watched: what runs must be interruptible then. */
  watched = 0;
  /** The rows that are being read. */
  stream: Pick<RowStream<unknown>, 'letGo' | 'abandon'> | undefined = undefined;
  readonly #turns = new Turns();
  readonly #tasks = new Set<Interruptible<unknown>>();

  constructor(
    readonly node: SqlNode,
    readonly entry: NodeSession,
    readonly activity: Activity,
    /** The face whose calls in the flow of the work take part. */
    readonly owner: object,
    /** Who borrowed it. */
    readonly label: string | undefined,
  ) {}

  /** Runs one statement in its turn. */
  run<Row>(
    statement: Statement,
    limits: StatementLimits | undefined,
    refusal: Refusal,
    label = this.label,
  ): Promise<SqlResult<Row>> {
    const run = (): Promise<SqlResult<Row>> =>
      runStatement<Row>(this.node, this.entry, statement, this.activity, label);
    return this.inTurn(run, statement.text, limits, refusal);
  }

  /** Runs a statement of ours in its turn: without tags, and not for long. */
  command(text: string, refusal: Refusal): Promise<unknown> {
    const { node, entry, activity, label } = this;
    const run = (): Promise<unknown> => runStatement(node, entry, { text }, activity, label, { text });
    return this.inTurn(run, text, undefined, refusal);
  }

  /** Runs something in its turn; `text` is the statement's, if it is one. */
  inTurn<R>(
    run: () => Promise<R>,
    text: string,
    limits: StatementLimits | undefined,
    refusal: Refusal,
  ): Promise<R> {
    const work = (): Promise<R> => {
      const refused = refusal() ?? this.failed(text);
      if (refused !== undefined) return Promise.reject(refused);
      const result = run();
      return this.cutOff ? result.finally(() => this.#undone()) : result;
    };
    const reached = limits && limitReached(this.node, limits);
    if (reached !== undefined) return Promise.reject(reached);
    const plain = limits === undefined && this.watched === 0;
    return plain ? this.#alone(work) : this.#interruptible(work, limits, this.#turns);
  }

  /** Why a statement would be refused for the sake of the transaction: what was cut off in it may have happened after all. */
  failed(text: string): SqlError | undefined {
    return this.cutOff && !ROLLBACK.test(text)
      ? new SqlTransactionFailedError(this.node.id, this.failure)
      : undefined;
  }

  /** Throws when the open transaction has failed although no error came as far as its end. */
  throwIfFailed(): void {
    const failed = this.cutOff || this.entry.session.state === 'failed';
    if (failed) throw new SqlTransactionFailedError(this.node.id, this.failure);
  }

  /** Has the turn for as long as rows are being read; what then runs within that is given to {@link during}. */
  hold(): Promise<void> | undefined {
    return this.#turns.begin();
  }

  /** Ends {@link hold}. */
  giveUp(): void {
    this.#turns.end();
  }

  /** Runs something for whoever has the turn. */
  during<R>(
    work: () => Promise<R>,
    limits: StatementLimits | undefined,
    finish: () => Promise<unknown>,
  ): Promise<R> {
    return this.#interruptible(work, limits, undefined, finish);
  }

  /** Commits, in its turn; from here on nothing cancels. */
  commit(refusal: Refusal): Promise<void> {
    const { entry, node } = this;
    return this.#turns.take(async () => {
      const refused = refusal();
      if (refused !== undefined) throw refused;
      const work = (): Promise<void> => commitOn(node, entry);
      return node.policy.observer.timed
        ? observed(node, { text: 'COMMIT' }, this.label, work, () => null)
        : work();
    });
  }

  /** Tells everybody who waits for something of this session; what runs is cancelled on the server. */
  interrupt(error: SqlError): void {
    for (const task of this.#tasks) task.interrupt(error);
  }

  /** Nothing runs and nothing waits. */
  get idle(): boolean {
    return this.#turns.free;
  }

  /** Waits until nothing runs and nothing waits; rows that nobody reads on are let go. */
  quiet(): Promise<void> | undefined {
    if (this.idle) return undefined;
    void this.stream?.letGo();
    return this.#turns.take(() => Promise.resolve());
  }

  async #alone<R>(work: () => Promise<R>): Promise<R> {
    const turn = this.#turns.begin();
    if (turn !== undefined) await turn;
    try {
      const quiet = untilQuiet(this.node, this.entry);
      if (quiet !== undefined) await quiet;
      return await work();
    } catch (error) {
      this.#note(error);
      throw error;
    } finally {
      this.#turns.end();
    }
  }

  #interruptible<R>(
    work: () => Promise<R>,
    limits: StatementLimits | undefined,
    turns: Turns | undefined,
    finish?: () => Promise<unknown>,
  ): Promise<R> {
    const { node, entry } = this;
    let unwatch = (): void => {};
    const task: Interruptible<R> = new Interruptible(node, entry, work, {
      ...(turns && { turns }),
      ...(finish && { finish }),
      onTold: () => {
        unwatch();
        this.#tasks.delete(task);
      },
      onInterrupted: (error) => {
        if (!this.levels.innermost?.inTransaction) return;
        this.cutOff = true;
        this.failure ??= error;
      },
    });
    this.#tasks.add(task);
    if (limits !== undefined) {
      unwatch = watchLimits(node.env, limits, (why) => task.interrupt(limitError(node, limits, why)));
    }
    return task.promise.catch((error: unknown) => {
      this.#note(error);
      throw error;
    });
  }

  /** A rollback has ended; if it did what it should, what had failed has not happened. */
  #undone(): void {
    if (this.entry.session.state === 'failed') return;
    this.cutOff = false;
    this.failure = undefined;
  }

  #note(error: unknown): void {
    if (this.entry.session.state === 'failed' && error instanceof SqlError) this.failure ??= error;
  }
}
