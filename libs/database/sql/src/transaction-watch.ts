import { getContext, labelKey } from '@nest-pooling/core';
import { SqlCancelledError, SqlTimeoutError, type SqlError } from './errors.js';
import type { LentConnection } from './lent-connection.js';
import type { TransactionOptions } from './sql-pool.js';
import { watchLimits, type StatementLimits } from './statement-limits.js';
import { SqlTransactionTooLongError } from './transaction-errors.js';

/** Ends a transaction whose time is over, whatever its work is waiting for. */
export class TransactionWatch {
  /** What it was ended with. */
  fired: SqlError | undefined = undefined;
  readonly #level: LentConnection;
  readonly #over: Promise<never>;
  readonly #unwatch: () => void;
  readonly #since: number;
  readonly #deadline: number;
  readonly #tooOldAt: number;
  #stopped = false;

  constructor(
    level: LentConnection,
    private readonly limits: StatementLimits | undefined,
    private readonly maxMs: number,
    private readonly options: TransactionOptions | undefined,
  ) {
    this.#level = level;
    const { env } = level.session.node;
    const { deadline = Infinity, allowedMs = Infinity, signal } = limits ?? {};
    this.#since = env.scheduler.now();
    this.#tooOldAt = this.#since + maxMs;
    this.#deadline = Math.min(deadline, this.#tooOldAt);
    level.session.watched++;
    let reject!: (error: SqlError) => void;
    this.#over = new Promise((_, no) => (reject = no));
    const least = { deadline: this.#deadline, allowedMs, signal };
    this.#unwatch = watchLimits(env, least, (why) => {
      this.fired = this.#error(why);
      level.sever(this.fired);
      level.session.interrupt(this.fired);
      reject(this.fired);
    });
  }

  /** Settles as the body does, or rejects when the time is over. */
  race<R>(body: Promise<R>): Promise<R> {
    return Promise.race([body, this.#over]);
  }

  /**
   * Throws when the time is over though no timer has run yet, since the work left our event loop no turn: a statement would be refused
   * now too, and one that was must not be missing in what is committed.
   */
  throwIfOver(): void {
    if (this.#deadline === Infinity || this.#level.session.node.env.scheduler.now() < this.#deadline) return;
    this.fired = this.#error(undefined);
    throw this.fired;
  }

  /** Leaves no timer and no listener behind. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#unwatch();
    this.#level.session.watched--;
  }

  #error(why: AbortSignal | undefined): SqlError {
    const { id, env } = this.#level.session.node;
    const { deadline = Infinity, allowedMs = Infinity } = this.limits ?? {};
    if (why !== undefined) return new SqlCancelledError(id, why.reason);
    if (this.#tooOldAt >= deadline) return new SqlTimeoutError(id, allowedMs, 'transaction');
    const label = this.options?.label ?? getContext(labelKey);
    return new SqlTransactionTooLongError(id, label, env.scheduler.now() - this.#since, this.maxMs);
  }
}

/** A watch, if there is something to watch for. */
export function watched(
  level: LentConnection,
  limits: StatementLimits | undefined,
  maxMs: number,
  options: TransactionOptions | undefined,
): TransactionWatch | undefined {
  return limits === undefined && maxMs === Infinity
    ? undefined
    : new TransactionWatch(level, limits, maxMs, options);
}
