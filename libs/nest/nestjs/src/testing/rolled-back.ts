import { inTransaction, type SqlPool } from '@nest-pooling/sql';
import { withHooks } from '../method/transaction-hooks.js';

/** Thrown to end the transaction; nobody sees it, but for hooks of `onRollback`. */
class EndOfTest extends Error {
  override readonly name = 'EndOfTest';
}

/**
 * Runs a test in a transaction on a real pool that is rolled back at its end, so that it leaves nothing behind, and gives what `work` gave:
 *
 * ```ts
 * it('places an order', () => rolledBack(app.get<SqlPool>(getPoolToken('orders')), async () => {
 *   await app.get(Checkout).place(order);
 *   expect(await count('orders')).toBe(1);
 * }));
 * ```
 *
 * All that `work` does on the pool takes part, also within `@Transactional` and `transaction()` (a savepoint). Hooks of `onCommit` never run;
 * those of `onRollback` run at the end. For several pools, nest it.
 *
 * What runs in another asynchronous flow does not take part: a request to a listening server, a job of a queue. Neither does what asks for
 * a transaction of its own (`requires-new`, `not-supported`, `outside`): that stays in the database. A transaction follows the flow of
 * what it runs, so there is no pair of hooks for `beforeEach` and `afterEach`: what those begin, a test does not see.
 *
 * @throws what `work` throws
 */
export async function rolledBack<R>(pool: SqlPool, work: () => Promise<R>): Promise<R> {
  const end = new EndOfTest('The transaction of the test is rolled back at its end.');
  let result: { readonly value: R } | undefined;
  try {
    await withHooks<never>(
      pool,
      inTransaction(pool),
      (attempt) => pool.transaction(attempt),
      async () => {
        result = { value: await work() };
        throw end;
      },
    );
  } catch (error) {
    if (error !== end) throw error;
  }
  return result!.value;
}
