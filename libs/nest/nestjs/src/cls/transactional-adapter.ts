import type { TransactionalAdapter, TransactionalAdapterOptions } from '@nestjs-cls/transactional';
import { contextKey, getContext, Problems, runInContext } from '@nest-pooling/core';
import {
  checkTransactionOptions,
  inTransaction,
  SqlPool,
  type SqlConnection,
  type TransactionOptions,
} from '@nest-pooling/sql';
import { PoolFaceError } from '../errors/wiring-errors.js';
import { getPoolToken } from '../inject/tokens.js';
import { withHooks } from '../method/transaction-hooks.js';
import type { PoolName } from '../registry/registry-types.js';
import { TenantSqlPool } from '../tenants/tenant-sql-pool.js';
import { outsideOf, type SqlTransactionClient } from './outside-client.js';

export type { SqlTransactionClient } from './outside-client.js';

/** Options of {@link TransactionalAdapterSqlPool}. */
export interface SqlPoolAdapterOptions {
  /** What every transaction has that says nothing else. Default: nothing. */
  readonly defaultTxOptions?: TransactionOptions;
}

/** The pools on which a transaction of the library runs in this flow. */
interface Frame {
  readonly pool: SqlPool;
  readonly outer: Frame | undefined;
}
type Wrapped = [
  options: TransactionOptions,
  fn: () => Promise<unknown>,
  setTx: (tx?: SqlTransactionClient) => void,
  outer?: SqlTransactionClient,
];
const frameKey = contextKey<Frame>('nest.cls-transaction');

/**
 * Lets `@Transactional` of `@nestjs-cls/transactional` run on the pool `name`; hand it to its plugin:
 *
 * ```ts
 * ClsModule.forRoot({ plugins: [new ClsPluginTransactional({ adapter: new TransactionalAdapterSqlPool('orders') })] })
 * ```
 *
 * `TransactionHost.tx` is then the transaction, or the pool where there is none. What is called on the injected pool takes part, too, and
 * `onCommit` and `onRollback` work. All its propagation modes do: `RequiresNew` is a transaction on another session, `Nested` a savepoint.
 * Within a transaction that was not begun by the library (`@Transactional` of this package, `transaction()`) one of the library is a part
 * that can fail alone. What the library runs outside, with `NotSupported`, must use `tx`: it cannot tell the injected pool.
 */
export class TransactionalAdapterSqlPool implements TransactionalAdapter<
  SqlPool,
  SqlTransactionClient,
  TransactionOptions
> {
  /** What Nest injects as the connection: the pool. */
  readonly connectionToken: string;
  /** What every transaction has that says nothing else. */
  readonly defaultTxOptions: TransactionOptions;
  readonly #name: string;

  /** @throws OptionsError with every wrong option */
  constructor(name: PoolName, options: SqlPoolAdapterOptions = {}) {
    const problems = new Problems();
    problems.unknown('', options, ['defaultTxOptions']);
    problems.throwIfAny('TransactionalAdapterSqlPool');
    checkTransactionOptions(options.defaultTxOptions);
    this.#name = name;
    this.connectionToken = getPoolToken(name);
    this.defaultTxOptions = options.defaultTxOptions ?? {};
  }

  /** Called by the library. @throws PoolFaceError when the pool speaks no SQL */
  optionsFactory = (pool: SqlPool): TransactionalAdapterOptions<SqlTransactionClient, TransactionOptions> => {
    this.#check(pool);
    const outside = outsideOf(pool);
    const run = (real: SqlPool, nested: boolean, [options, fn, setTx, outer]: Wrapped): Promise<unknown> => {
      const frame: Frame = { pool, outer: getContext(frameKey) };
      const begin = (attempt: () => Promise<unknown>): Promise<unknown> => {
        const work = (tx: SqlConnection): Promise<unknown> => {
          setTx(tx);
          return runInContext(frameKey, frame, attempt);
        };
        // Hooks run before the library takes it away, and must not find one that has ended.
        return real.transaction(work, nested ? limitsOf(options) : options).finally(() => setTx(outer));
      };
      return withHooks(real, nested, begin, fn);
    };
    return {
      wrapWithTransaction: (...call) =>
        onReal(pool, (real) => {
          // One of the library that is asked for within another one is to be independent of it.
          if (within(pool)) return real.outside(() => run(real, false, call));
          return run(real, inTransaction(real), call);
        }),
      wrapWithNestedTransaction: (...call) => onReal(pool, (real) => run(real, true, call)),
      // Within a transaction of ours the pool takes part in it by itself; out of one of the library it has to be led.
      getFallbackInstance: () => (within(pool) ? outside : pool),
    };
  };

  #check(pool: unknown): asserts pool is SqlPool {
    if (pool instanceof SqlPool || typeof (pool as Partial<SqlPool>)?.transaction === 'function') return;
    const place = {
      className: TransactionalAdapterSqlPool.name,
      member: 'its constructor',
      decorator: 'the adapter',
    };
    const found = (pool as object | undefined)?.constructor?.name ?? 'nothing';
    throw new PoolFaceError(this.#name, place, SqlPool.name, found, false);
  }
}

/** On the pool of the current tenant, where there is one for each; it stays open for as long as that. */
function onReal<R>(pool: SqlPool, work: (real: SqlPool) => Promise<R>): Promise<R> {
  return pool instanceof TenantSqlPool ? pool.tenants.useCurrent(work) : work(pool);
}

/** A part has no isolation level of its own, but may have less time than the whole. */
function limitsOf({ timeoutMs, signal, label }: TransactionOptions): TransactionOptions {
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
    ...(label === undefined ? {} : { label }),
  };
}

/** Whether a transaction of the library on this pool surrounds the call, even if the library has been asked to leave it. */
function within(pool: SqlPool): boolean {
  for (let frame = getContext(frameKey); frame !== undefined; frame = frame.outer) {
    if (frame.pool === pool) return true;
  }
  return false;
}
