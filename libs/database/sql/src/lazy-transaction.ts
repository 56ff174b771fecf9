import { AsyncResource } from 'node:async_hooks';
import { OptionsError, systemEnv, type Env } from '@nest-pooling/core';
import { ambientConnection, withReplaceable } from './ambient.js';
import { JoiningSqlPool } from './joining-pool.js';
import { LazyConnection } from './lazy-connection.js';
import type { SqlConnection, SqlPool, TransactionOptions } from './sql-pool.js';
import { SqlTransactionEndedError } from './transaction-errors.js';
import { checkTransactionOptions } from './transaction-options.js';

/** Options of {@link lazyTransaction}: those of a transaction, which cannot be run again since its work has begun before it. */
export type LazyTransactionOptions = Omit<TransactionOptions, 'retry'>;

/**
 * Runs `work` in a flow in which everything on the pool takes part in one transaction, that begins with the first statement: none is begun,
 * and no session is taken, when there is no statement. It is committed when `work` resolves, before this does; it is rolled back when
 * `work` rejects, and this rejects with the same error. Inside another transaction of the pool it takes part in that.
 *
 * A beginning that fails (no session is free in time, no primary) fails the statement that needed it; the next one tries again.
 *
 * @param pool One that a definition of this house has opened.
 * @param options Limits and kind of the transaction; its deadline is counted from the first statement on.
 * @param env Replaced in tests only.
 * @throws OptionsError for wrong options, `retry`, and a pool that is none of this house
 */
export async function lazyTransaction<R>(
  pool: SqlPool,
  work: () => Promise<R>,
  options: LazyTransactionOptions = {},
  env: Env = systemEnv,
): Promise<R> {
  check(pool, options);
  if (ambientConnection(pool) !== undefined) return work();
  const transaction = new LazyTransaction(pool, options, env);
  let result: R;
  try {
    result = await transaction.run(work);
  } catch (error) {
    await transaction.fail(error);
    throw error;
  }
  await transaction.commit();
  return result;
}

function check(pool: SqlPool, options: LazyTransactionOptions): void {
  checkTransactionOptions(options);
  const problems: string[] = [];
  if ('retry' in options)
    problems.push('retry: is not possible, since the work has begun before the transaction');
  if (!(pool instanceof JoiningSqlPool)) {
    problems.push('pool: must be a SqlPool that a definition of this house has opened');
  }
  if (problems.length > 0) throw new OptionsError('a lazy transaction', problems);
}

/** How the work ended, for the transaction that waits for it. */
interface Open {
  readonly tx: SqlConnection;
  readonly end: () => void;
  readonly abort: (error: unknown) => void;
  /** The transaction itself: settles when it is committed or rolled back. */
  readonly over: Promise<void>;
}

class LazyTransaction {
  readonly #pool: SqlPool;
  readonly #options: LazyTransactionOptions;
  /** The flow that it began in: what the first statement's flow has of its own, a deadline for instance, is not the whole's. */
  readonly #flow = new AsyncResource('nest-pooling.lazy-transaction');
  readonly #lazy: LazyConnection;
  #replace: (connection: SqlConnection) => void = () => {};
  #opening: Promise<Open> | undefined;
  #ended = false;
  #cause: unknown;

  constructor(pool: SqlPool, options: LazyTransactionOptions, env: Env) {
    this.#pool = pool;
    this.#options = options;
    this.#lazy = new LazyConnection({
      name: pool.name,
      env,
      begin: async () => (await this.#open()).tx,
      refusal: () => (this.#ended ? new SqlTransactionEndedError(pool.name, this.#cause) : undefined),
    });
  }

  run<R>(work: () => Promise<R>): Promise<R> {
    return withReplaceable(this.#pool, this.#lazy, async (replace) => {
      this.#replace = replace;
      return work();
    });
  }

  async commit(): Promise<void> {
    this.#ended = true;
    await this.#lazy.given();
    const open = await this.#begun();
    open?.end();
    await open?.over;
  }

  async fail(error: unknown): Promise<void> {
    this.#ended = true;
    this.#cause = error;
    const open = await this.#begun();
    open?.abort(error);
    // It rejects with what it was told; what else went wrong with it, the pool deals with.
    await open?.over.catch(() => {});
  }

  /** What has begun or is beginning. */
  async #begun(): Promise<Open | undefined> {
    return this.#opening?.catch(() => undefined);
  }

  #open(): Promise<Open> {
    this.#opening ??= this.#flow
      .runInAsyncScope(() => this.#begin())
      .catch((error: unknown) => {
        this.#opening = undefined;
        throw error;
      });
    return this.#opening;
  }

  #begin(): Promise<Open> {
    return new Promise((resolve, reject) => {
      const over = this.#pool.transaction(
        (tx) =>
          new Promise<void>((end, abort) => {
            this.#replace(tx);
            resolve({ tx, end, abort, over });
          }),
        this.#options,
      );
      // Without effect once it has begun: then it is told at the end.
      over.catch(reject);
    });
  }
}
