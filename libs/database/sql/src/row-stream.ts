import type { Env } from '@nest-pooling/core';
import type { Statement } from './driver.js';
import { SqlCancelledError, type SqlError } from './errors.js';
import { limitReached } from './interruptible.js';
import type { LentSession } from './lent-session.js';
import { toSqlError } from './run-statement.js';
import type { StreamOptions } from './sql-pool.js';
import { limitsOf, type StatementLimits } from './statement-limits.js';
import { Turns } from './turns.js';

const ROWS_PER_PAGE = 100;

/** Where rows are read from. */
export interface RowStreamSource {
  readonly env: Env;
  /** The id of the node, for errors. */
  readonly node: string;
  /** Gives the session, with the turn on it; called when the first row is asked for. */
  open(): Promise<LentSession>;
  /** Why no further row may be given. */
  refusal(): SqlError | undefined;
  /** Nothing more is read from the session. */
  closed(): void;
}

/** The rows of a statement as they come. It ends with its last row, with an error, or when its reader leaves the loop. */
export class RowStream<Row> implements AsyncIterableIterator<Row> {
  #session: LentSession | undefined = undefined;
  #pages: AsyncIterator<readonly unknown[]> | undefined = undefined;
  #limits: StatementLimits | undefined = undefined;
  #rows: readonly unknown[] = [];
  #at = 0;
  /** How many rows have come, and since when; for the log. */
  #count = 0;
  #began = 0;
  #over = false;
  /** Ended by somebody else than its reader. */
  #letGo = false;
  readonly #calls = new Turns();

  constructor(
    private readonly source: RowStreamSource,
    private readonly statement: Statement,
    private readonly options: StreamOptions | undefined,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Row>> {
    // Without a turn of its own: most rows are there already.
    const there = this.#calls.free && this.#at < this.#rows.length && this.#refusal() === undefined;
    return there ? Promise.resolve(this.#row()) : this.#calls.take(() => this.#next());
  }

  /** Its reader has had enough. */
  return(): Promise<IteratorResult<Row>> {
    return this.#calls.take(async () => {
      await this.#end(true);
      return { done: true, value: undefined };
    });
  }

  /** Ends it for the sake of somebody else who needs the session. */
  letGo(): Promise<void> {
    this.#letGo = true;
    return this.#calls.take(() => this.#end(true)).catch(() => {});
  }

  /** The session is no longer its reader's. */
  abandon(): void {
    this.#letGo = true;
    if (this.#calls.free) void this.#end(false);
  }

  async #next(): Promise<IteratorResult<Row>> {
    for (;;) {
      const refused = this.#refusal();
      if (refused !== undefined && (!this.#over || this.#letGo)) {
        await this.#end(true, refused);
        throw refused;
      }
      if (this.#over) return { done: true, value: undefined };
      if (this.#at < this.#rows.length) return this.#row();
      await this.#fill();
    }
  }

  async #fill(): Promise<void> {
    let page: IteratorResult<readonly unknown[]>;
    let running = false;
    try {
      const session = await this.#open();
      const reached = this.#limits && limitReached(session.node, this.#limits);
      if (reached !== undefined) throw reached;
      running = true;
      const pages = this.#pages!;
      // Should it be interrupted in the middle, what is left of it is ended when nothing can be hit any more.
      page = await session.during(
        () => this.#working(() => pages.next()),
        this.#limits,
        async () => pages.return?.(),
      );
    } catch (error) {
      // What was running has ended by its own error, or is ended by whoever interrupted it.
      await this.#end(!running, error);
      throw error;
    }
    if (page.done) return this.#end(false);
    this.#rows = page.value;
    this.#count += page.value.length;
    this.#at = 0;
  }

  async #open(): Promise<LentSession> {
    if (this.#session !== undefined) return this.#session;
    const { source, statement, options } = this;
    this.#limits = limitsOf(source.env, options);
    const session = await source.open();
    this.#session = session;
    if (session.node.policy.observer.timed) this.#began = session.node.env.scheduler.now();
    session.stream = this;
    // However many rows there are.
    const sent = { ...session.node.policy.annotate(statement), maxRows: undefined };
    const pages = session.entry.session.stream(sent, options?.batchSize ?? ROWS_PER_PAGE);
    this.#pages = pages[Symbol.asyncIterator]();
    return session;
  }

  #row(): IteratorResult<Row> {
    return { done: false, value: this.#rows[this.#at++] as Row };
  }

  #refusal(): SqlError | undefined {
    const refused = this.source.refusal();
    const signal = this.#limits?.signal ?? this.options?.signal;
    if (refused !== undefined || !signal?.aborted) return refused;
    return new SqlCancelledError(this.source.node, signal.reason);
  }

  /** Asks the server; the session counts as busy only then, however long the reader takes. */
  async #working<R>(work: () => Promise<R>): Promise<R> {
    const { node, entry, activity } = this.#session!;
    entry.activity = activity;
    entry.busySince = node.tick;
    try {
      return await work();
    } catch (error) {
      throw toSqlError(node, entry, error, false);
    } finally {
      entry.busySince = Infinity;
    }
  }

  async #end(close: boolean, error?: unknown): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#rows = [];
    const session = this.#session;
    const pages = this.#pages;
    if (session === undefined) return;
    try {
      if (close && pages?.return) await this.#working(() => pages.return!());
    } finally {
      session.entry.activity = 'none';
      session.stream = undefined;
      session.giveUp();
      this.source.closed();
      if (session.node.policy.observer.timed) this.#observe(session, error);
    }
  }

  #observe({ node, entry, label }: LentSession, error: unknown): void {
    const { text, params } = this.statement;
    node.policy.observer.ended({
      node: node.id,
      lane: entry.lane,
      text,
      parameters: params?.length ?? 0,
      label: this.options?.label ?? label,
      ms: node.env.scheduler.now() - this.#began,
      rows: this.#count,
      error,
    });
  }
}
