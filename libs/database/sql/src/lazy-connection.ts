import type { Env } from '@nest-pooling/core';
import { SqlCancelledError, SqlTimeoutError, type SqlError } from './errors.js';
import type { SqlResult, SqlRow } from './result.js';
import type {
  QueryOptions,
  SqlConnection,
  StreamOptions,
  TransactionOptions,
  UseOptions,
} from './sql-pool.js';
import { limitsOf, watchLimits, type StatementLimits } from './statement-limits.js';

/** What a {@link LazyConnection} needs from the transaction that it stands for. */
export interface LazyBeginning {
  /** The name of the pool, for errors and until the node is known. */
  readonly name: string;
  readonly env: Env;
  /** Begins the transaction, or waits for one that is beginning; rejects when that fails, and may be called again then. */
  begin(): Promise<SqlConnection>;
  /** Why nothing may be given to it any more. */
  refusal(): SqlError | undefined;
}

/**
 * Stands for the connection of a transaction that has not begun: the first thing that is given to it begins it. From then on the flow
 * takes part in the real one, so that this is of use for the beginning only, and to whoever kept it.
 */
export class LazyConnection implements SqlConnection {
  /** Whoever asks takes part in a transaction, though it has not begun. */
  readonly inTransaction = true;
  readonly #beginning: LazyBeginning;
  #real: SqlConnection | undefined;
  #starting = 0;
  #settled: (() => void) | undefined;

  constructor(beginning: LazyBeginning) {
    this.#beginning = beginning;
  }

  /** The id of the node when it is known, else the name of the pool. */
  get node(): string {
    return this.#real?.node ?? this.#beginning.name;
  }

  async query<Row = SqlRow>(
    text: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<SqlResult<Row>> {
    return this.#first((tx, left) => tx.query<Row>(text, params, left), options);
  }

  async *stream<Row = SqlRow>(
    text: string,
    params?: readonly unknown[],
    options?: StreamOptions,
  ): AsyncGenerator<Row> {
    const rows = await this.#first((tx, left) => tx.stream<Row>(text, params, left), options);
    yield* rows;
  }

  async transaction<R>(work: (tx: SqlConnection) => Promise<R>, options?: TransactionOptions): Promise<R> {
    return this.#first((tx, left) => tx.transaction(work, left), options);
  }

  /** Lends the session of the transaction; it is never this connection that is lent. */
  async use<R>(work: (connection: SqlConnection) => Promise<R>, options?: UseOptions): Promise<R> {
    return this.#first((tx) => work(tx), options);
  }

  /** Settles when nothing waits for the beginning any more: what was given before the end is part of it. */
  async given(): Promise<void> {
    while (this.#starting > 0) await new Promise<void>((resolve) => (this.#settled = resolve));
  }

  /** What `act` gives for the real connection; the wait for that is part of the time of the call. */
  async #first<R, O extends UseOptions>(
    act: (tx: SqlConnection, left: O | undefined) => R,
    options: O | undefined,
  ): Promise<Awaited<R>> {
    const { env } = this.#beginning;
    const refused = this.#beginning.refusal();
    if (refused !== undefined) throw refused;
    let result: R;
    this.#starting++;
    try {
      const limits = limitsOf(env, options);
      const beginning = this.#beginning.begin();
      this.#real = await (limits === undefined ? beginning : this.#within(limits, beginning));
      result = act(this.#real, leftOf(env, limits, options));
    } finally {
      this.#starting--;
      this.#settled?.();
    }
    return await result;
  }

  /** Waits for the beginning, but not beyond the limits of one caller: the beginning goes on for the others. */
  #within(limits: StatementLimits, beginning: Promise<SqlConnection>): Promise<SqlConnection> {
    const { env, name } = this.#beginning;
    return new Promise((resolve, reject) => {
      const over = (why: AbortSignal | undefined): void =>
        reject(
          why === undefined
            ? new SqlTimeoutError(name, limits.allowedMs)
            : new SqlCancelledError(name, why.reason),
        );
      if (limits.signal?.aborted) over(limits.signal);
      const unwatch = watchLimits(env, limits, over);
      beginning.then(resolve, reject).finally(unwatch);
    });
  }
}

/** The options with the time that is left. */
function leftOf<O extends { readonly timeoutMs?: number }>(
  { scheduler }: Env,
  limits: StatementLimits | undefined,
  options: O | undefined,
): O | undefined {
  if (options?.timeoutMs === undefined || limits === undefined) return options;
  return { ...options, timeoutMs: Math.max(0, limits.deadline - scheduler.now()) };
}
