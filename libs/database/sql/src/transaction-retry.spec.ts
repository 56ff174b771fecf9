import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { SqlConnectionError, SqlStatementError, SqlTimeoutError } from './errors.js';
import { bench, lendable } from './model.fixture.js';
import type { Fault } from './fault.js';
import type { SqlConnection, TransactionOptions } from './sql-pool.js';
import { SqlOutcomeUnknownError } from './transaction-errors.js';
import { isConflict } from './transaction-retry.js';

const one = { min: 1, max: 1 };
const thrice: TransactionOptions = { retry: { attempts: 3, initialMs: 100 } };

/** Work that fails so many times, and counts how often it was called. */
function failing(
  times: number,
  statement = 'fail conflict',
): { calls: number; work: (tx: SqlConnection) => Promise<void> } {
  const state = {
    calls: 0,
    work: async (tx: SqlConnection): Promise<void> => {
      const call = ++state.calls;
      await tx.query(`insert a ${call}`);
      if (call <= times) await tx.query(statement);
    },
  };
  return state;
}

describe('retry', () => {
  it('runs the whole again after a conflict, and only then', async () => {
    const { env, pool, run, server } = await bench(one);
    const state = failing(2);
    const began = env.scheduler.now();
    await run(pool.transaction(state.work, thrice));
    expect(state.calls).toBe(3);
    // Two pauses, random up to 100 and 200 ms.
    expect(env.scheduler.now() - began).toBeLessThan(330);
    expect((await run(pool.query('select a'))).rows).toMatchObject([{ value: '3' }]);
    expect(lendable(server)).toHaveLength(1);
    await run(pool.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('is never done unasked, and gives up after so many attempts with the last error', async () => {
    const { pool, run, fail } = await bench(one);
    for (const [options, calls] of [
      [undefined, 1],
      [{ retry: { attempts: 0 } }, 1],
      [{ retry: { attempts: 1 } }, 1],
      [thrice, 3],
    ] as const) {
      const state = failing(10);
      const error = await fail(pool.transaction(state.work, options));
      expect(error).toBeInstanceOf(SqlStatementError);
      expect(error).toMatchObject({ category: 'conflict' });
      expect(state.calls).toBe(calls);
    }
    expect((await run(pool.query('select a'))).rows).toMatchObject([{ value: undefined }]);
    await run(pool.close());
  });

  it('sees a conflict through the errors of a program, and one that was swallowed', async () => {
    const { pool, run } = await bench(one);
    for (const treat of [
      (error: unknown) => {
        throw new Error('placing the order failed', { cause: error });
      },
      () => {},
    ]) {
      const state = failing(1);
      await run(pool.transaction((tx) => state.work(tx).catch(treat), thrice));
      expect(state.calls).toBe(2);
    }
    await run(pool.close());
  });

  it('is not done after other errors', async () => {
    const { pool, run, fail } = await bench(one);
    for (const statement of ['fail constraint', 'fail other', 'fail cancelled']) {
      const state = failing(1, statement);
      await fail(pool.transaction(state.work, thrice));
      expect(state.calls).toBe(1);
    }
    await run(pool.close());
  });

  it('is never done when the outcome is unknown, or the connection was lost', async () => {
    const { env, cluster, pool, fail, run, server } = await bench(one);
    server.latencyMs = 50;
    const state = failing(0);
    const lost = fail(pool.transaction(state.work, thrice));
    await env.advance(125);
    cluster.kill('shop.primary');
    expect(await lost).toBeInstanceOf(SqlOutcomeUnknownError);
    cluster.restore('shop.primary');
    await env.advance(6_000);
    const other = fail(pool.transaction(state.work, thrice));
    await env.advance(75);
    cluster.kill('shop.primary');
    expect(await other).toBeInstanceOf(SqlConnectionError);
    expect(state.calls).toBe(2);
    await run(pool.close());
  });

  it('holds no session while it pauses, and takes one that is fine', async () => {
    const { env, cluster, pool, run } = await bench(one);
    const state = failing(1);
    const running = pool.transaction(state.work, { retry: { attempts: 2, initialMs: 5_000 } });
    await env.advance(20);
    expect(state.calls).toBe(1);
    expect(pool.report().nodes['shop.primary']).toMatchObject({ inUse: 0 });
    await run(pool.query('select a'));
    cluster.kill('shop.primary');
    cluster.restore('shop.primary');
    await run(running);
    expect(state.calls).toBe(2);
    await run(pool.close());
  });

  it('keeps to the time of the whole: who has none left gets the conflict, not a timeout', async () => {
    const { env, pool, run, fail } = await bench(one);
    const state = failing(100);
    const began = env.scheduler.now();
    const options = { timeoutMs: 400, retry: { attempts: 100, initialMs: 100 } };
    const error = await fail(pool.transaction(state.work, options));
    expect(error).toBeInstanceOf(SqlStatementError);
    expect(state.calls).toBeGreaterThan(1);
    expect(env.scheduler.now() - began).toBeLessThanOrEqual(405);
    const slow = pool.transaction((tx) => tx.query('sleep 5000'), options);
    expect(await fail(slow)).toBeInstanceOf(SqlTimeoutError);
    await run(pool.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('waits for a session no longer than that, either', async () => {
    const { env, pool, run, fail } = await bench(one);
    const began = env.scheduler.now();
    const work = async (tx: SqlConnection): Promise<void> => {
      await tx.query('sleep 300');
      await tx.query('fail conflict');
    };
    const running = fail(pool.transaction(work, { timeoutMs: 500, retry: { attempts: 2, initialMs: 1 } }));
    const others = [pool.query('sleep 400'), pool.query('sleep 400')];
    expect(await running).toMatchObject({ code: 'POOL_TIMEOUT' });
    expect(env.scheduler.now() - began).toBeLessThanOrEqual(505);
    await run(Promise.all(others));
    await run(pool.close());
  });

  it('sees only conflicts of which it is known that nothing happened', () => {
    const conflict = (outcome: Fault['outcome'], cause?: unknown): Error =>
      new SqlStatementError('n', { category: 'conflict', scope: 'transaction', outcome, cause });
    expect(isConflict(conflict('rolled-back'))).toBe(true);
    expect(isConflict(conflict('unknown'))).toBe(false);
    expect(isConflict(conflict('unknown', conflict('rolled-back')))).toBe(false);
    expect(isConflict(new Error('a', { cause: new Error('b', { cause: conflict('rolled-back') }) }))).toBe(
      true,
    );
    const circle = new Error('a');
    circle.cause = circle;
    for (const other of [circle, undefined, null, 'conflict', new Error('x')]) {
      expect(isConflict(other)).toBe(false);
    }
  });

  it('leaves no listener of its pauses behind', async () => {
    const { pool, run } = await bench(one);
    const { signal } = new AbortController();
    const state = failing(2);
    await run(pool.transaction(state.work, { ...thrice, signal }));
    expect(state.calls).toBe(3);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    await run(pool.close());
  });

  it('a signal ends the pause', async () => {
    const { env, pool, run } = await bench(one);
    const controller = new AbortController();
    const state = failing(1);
    const retry = { attempts: 2, initialMs: 60_000 };
    const ending = pool
      .transaction(state.work, { retry, signal: controller.signal })
      .catch((error: unknown) => error);
    await env.advance(20);
    controller.abort();
    await env.settle();
    expect(await ending).toMatchObject({ category: 'conflict' });
    expect(state.calls).toBe(1);
    await run(pool.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('works on a session that is lent; inside a transaction it is refused', async () => {
    const { pool, run } = await bench(one);
    const state = failing(2);
    await run(pool.use((connection) => connection.transaction(state.work, thrice)));
    expect(state.calls).toBe(3);
    await run(
      pool.transaction(async (tx) => {
        const options = { ...thrice, isolation: 'serializable', readOnly: true } as const;
        for (const inner of [tx, pool]) {
          const nested = inner.transaction(async () => {}, options);
          await expect(nested).rejects.toMatchObject({
            code: 'SQL_NESTED_TRANSACTION',
            message: expect.stringContaining('isolation, readOnly, retry'),
          });
        }
      }),
    );
    await run(pool.close());
  });
});
