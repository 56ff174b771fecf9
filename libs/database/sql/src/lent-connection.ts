import { ambientConnection, withAmbient } from './ambient.js';
import type { Exchange } from './exchange.js';
import type { SqlError } from './errors.js';
import type { LentSession } from './lent-session.js';
import type { SqlResult, SqlRow } from './result.js';
import { RowStream } from './row-stream.js';
import { runExchange, toStatement } from './run-statement.js';
import type { QueryOptions, SqlConnection, StreamOptions, TransactionOptions } from './sql-pool.js';
import { limitsOf } from './statement-limits.js';
import { runSavepoint } from './savepoint.js';
import { runTransaction } from './transaction.js';
import { SqlTransactionEndedError } from './transaction-errors.js';
import { checkNestedOptions } from './transaction-options.js';
import { retried } from './transaction-retry.js';
import { untilQuiet } from './interruptible.js';

/**
 * A session as a piece of work sees it: one for the lending, and one for each transaction on it, the inner ones behind their outer. One
 * given after the end is refused, because by then the session belongs to somebody else.
 */
export class LentConnection implements SqlConnection {
  /** What ended it, if it failed. */
  #cause: unknown;
  #ended = false;
  #severed = false;

  constructor(
    readonly session: LentSession,
    readonly outer: LentConnection | undefined,
    /** A transaction is open: a further one is a savepoint. */
    readonly inTransaction: boolean,
  ) {
    session.levels.innermost = this;
  }

  get node(): string {
    return this.session.node.id;
  }

  query<Row = SqlRow>(
    text: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<SqlResult<Row>> {
    const { session } = this;
    const statement = toStatement(text, params, options);
    const limits = limitsOf(session.node.env, options);
    return this.#inside(() => session.run<Row>(statement, limits, this.severed, options?.label));
  }

  /** Runs an exchange of the driver's own in its turn. */
  exchange<R>(work: (exchange: Exchange) => Promise<R>, options?: QueryOptions): Promise<R> {
    const { session } = this;
    const limits = limitsOf(session.node.env, options);
    const { node, entry, activity } = session;
    const run = (): Promise<R> => runExchange(node, entry, work, activity);
    return this.#inside(() => session.inTurn(run, '', limits, this.severed));
  }

  stream<Row = SqlRow>(
    text: string,
    params?: readonly unknown[],
    options?: StreamOptions,
  ): AsyncIterable<Row> {
    const { session, severed } = this;
    const { env } = session.node;
    const open = async (): Promise<LentSession> => {
      if (session.levels.innermost !== this) await this.#admitted();
      const turn = session.hold();
      if (turn !== undefined) await turn;
      try {
        await untilQuiet(session.node, session.entry);
        const refused = severed() ?? session.failed(text);
        if (refused !== undefined) throw refused;
        return session;
      } catch (error) {
        session.giveUp();
        throw error;
      }
    };
    const source = { env, node: this.node, open, refusal: () => this.refusal(), closed: () => {} };
    return new RowStream(source, toStatement(text, params, options), options);
  }

  transaction<R>(work: (tx: SqlConnection) => Promise<R>, options?: TransactionOptions): Promise<R> {
    // Begun through an outer one in the flow of an inner one: it is a part of that.
    const here = this.#here();
    return here !== undefined && here !== this && here.refusal() === undefined
      ? here.#transaction(work, options)
      : this.#transaction(work, options);
  }

  /** Runs `work` in a flow in which calls on the owner take part in this connection. */
  lendTo<R>(work: (connection: SqlConnection) => Promise<R>): Promise<R> {
    return withAmbient(this.session.owner, this, async () => work(this));
  }

  /** Why nothing may be given to it any more. */
  refusal(): SqlError | undefined {
    return this.#ended ? new SqlTransactionEndedError(this.node, this.#cause) : this.severed();
  }

  /** Why nothing may run in it any more, though it was given before its end. */
  readonly severed = (): SqlError | undefined =>
    this.#severed ? new SqlTransactionEndedError(this.node, this.#cause) : this.outer?.severed();

  /** Refuses what comes from now on, and waits for what was given before. */
  async end(): Promise<void> {
    this.#ended = true;
    const { session } = this;
    while (session.levels.innermost !== this && session.levels.isOpen(this)) await session.levels.changed();
    await session.quiet();
  }

  /** Refuses everything from now on, what was given before and what lies inside included. */
  sever(cause: unknown): void {
    this.#ended = true;
    this.#severed = true;
    this.#cause ??= cause;
  }

  async #transaction<R>(
    work: (tx: SqlConnection) => Promise<R>,
    options: TransactionOptions | undefined,
  ): Promise<R> {
    const { session, inTransaction, node } = this;
    const refused = this.refusal();
    if (refused !== undefined) throw refused;
    if (inTransaction) checkNestedOptions(node, options);
    const limits = limitsOf(session.node.env, options);
    if (inTransaction) return this.#open((level) => runSavepoint(this, level, work, options, limits));
    return retried(session.node.env, options?.retry, limits, () =>
      this.#open((level) => runTransaction(level, work, options, limits)),
    );
  }

  /** Runs something on this level, unless it has ended; after what is open inside it in other flows. */
  #inside<R>(run: () => Promise<R>): Promise<R> {
    const refused = this.refusal();
    if (refused !== undefined) return Promise.reject(refused);
    return this.session.levels.innermost === this ? run() : this.#admitted().then(run);
  }

  /** Opens a transaction inside this level; those begun at the same time take turns. */
  async #open<R>(run: (level: LentConnection) => Promise<R>): Promise<R> {
    const { session } = this;
    while (session.levels.innermost !== this && this.severed() === undefined) await session.levels.changed();
    const severed = this.severed();
    if (severed !== undefined) throw severed;
    return run(new LentConnection(session, this, true));
  }

  /** The connection whose flow this is, if it is this one or lies within it. */
  #here(): LentConnection | undefined {
    const ambient = ambientConnection(this.session.owner);
    if (!(ambient instanceof LentConnection)) return undefined;
    for (let at: LentConnection | undefined = ambient; at !== undefined; at = at.outer) {
      if (at === this) return ambient;
    }
    return undefined;
  }

  /**
   * Waits while a transaction is open inside this one that is not of the same flow: what runs beside it would be undone with it, should it
   * fail. A flow that is not known is let through: to wait could be to wait for oneself.
   */
  async #admitted(): Promise<void> {
    const { session } = this;
    while (this.#isBeside() && this.severed() === undefined) await session.levels.changed();
  }

  #isBeside(): boolean {
    const ambient = ambientConnection(this.session.owner);
    for (let at = this.session.levels.innermost?.outer; at !== undefined; at = at.outer) {
      if (at === ambient) return true;
    }
    return false;
  }
}
