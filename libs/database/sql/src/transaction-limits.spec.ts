import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { deadlineKey, OptionsError, runInContext } from '@nest-pooling/core';
import { SqlCancelledError, SqlTimeoutError } from './errors.js';
import { bench, lendable, type Bench } from './model.fixture.js';
import type { SqlConnection } from './sql-pool.js';
import { SqlTransactionEndedError, SqlTransactionTooLongError } from './transaction-errors.js';

const forever = (): Promise<never> => new Promise(() => {});
const one = { min: 1, max: 1 };

/** Nothing of it is left: the one session is whole, the value is not there, no timer runs. */
async function expectUndone({ env, pool, server, run }: Bench, key: string): Promise<void> {
  const sessions = lendable(server);
  expect((await run(pool.query(`select ${key}`))).rows).toMatchObject([{ value: undefined }]);
  expect(lendable(server)).toEqual(sessions);
  await run(pool.close());
  expect(env.pendingTimers).toBe(0);
}

describe('a transaction whose time is over', () => {
  it('is rolled back, whatever its work is waiting for', async () => {
    const world = await bench(one);
    const { env, pool, fail } = world;
    let kept: SqlConnection | undefined;
    const began = env.scheduler.now();
    const failing = fail(
      pool.transaction(
        async (tx) => {
          kept = tx;
          await tx.query('insert a 1');
          await forever();
        },
        { timeoutMs: 100 },
      ),
    );
    expect(await failing).toBeInstanceOf(SqlTimeoutError);
    expect((await failing).message).toContain('the transaction did not end within 100 ms');
    expect(env.scheduler.now() - began).toBeLessThan(120);
    const late = await fail(kept!.query('insert a 2'));
    expect(late).toBeInstanceOf(SqlTransactionEndedError);
    expect(late.cause).toBe(await failing);
    await expectUndone(world, 'a');
  });

  it.each(['own', 'scope'])(
    'is not committed though its work has just ended, having left our loop no turn (%s deadline)',
    async (whose) => {
      const world = await bench(one);
      const { env, pool, fail } = world;
      const work = async (tx: SqlConnection): Promise<void> => {
        await tx.query('insert a 1');
        env.block(200);
        // The scope's deadline refuses it; nobody looks at that.
        if (whose === 'scope') tx.query('insert b 2').catch(() => {});
      };
      const failing =
        whose === 'own'
          ? pool.transaction(work, { timeoutMs: 100 })
          : runInContext(deadlineKey, env.scheduler.now() + 100, () => pool.transaction(work));
      expect(await fail(failing)).toMatchObject({ code: 'SQL_TIMEOUT', what: 'transaction' });
      await expectUndone(world, 'a');
    },
  );

  it('has what runs in it cancelled', async () => {
    const world = await bench(one);
    const { pool, fail, server } = world;
    const inner: unknown[] = [];
    const failing = fail(
      pool.transaction(
        async (tx) => {
          await tx.query('insert a 1');
          await Promise.all([tx.query('sleep 5000'), tx.query('insert a 2')]).catch((error: unknown) =>
            inner.push(error),
          );
          await tx.query('insert a 3').catch((error: unknown) => inner.push(error));
        },
        { timeoutMs: 100 },
      ),
    );
    const error = await failing;
    expect(error).toBeInstanceOf(SqlTimeoutError);
    expect(inner).toEqual([error, expect.any(SqlTransactionEndedError)]);
    await expectUndone(world, 'a');
    expect(server.cancels).toBe(1);
  });

  it('a signal and the scope’s deadline end it, too', async () => {
    const world = await bench(one);
    const { env, pool, fail } = world;
    const { signal } = new AbortController();
    const controller = new AbortController();
    const work = async (tx: SqlConnection): Promise<void> => {
      await tx.query('insert a 1');
      await forever();
    };
    const cancelled = fail(pool.transaction(work, { signal: controller.signal }));
    await env.advance(30);
    controller.abort(new Error('gone'));
    expect(await cancelled).toBeInstanceOf(SqlCancelledError);
    expect((await cancelled).cause).toMatchObject({ message: 'gone' });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    const deadline = env.scheduler.now() + 100;
    const late = runInContext(deadlineKey, deadline, () => fail(pool.transaction(work, { signal })));
    expect(await late).toBeInstanceOf(SqlTimeoutError);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    await expectUndone(world, 'a');
  });

  it('from COMMIT on nothing cancels', async () => {
    const { env, pool, run, server } = await bench(one);
    server.latencyMs = 60;
    const controller = new AbortController();
    const committing = pool.transaction((tx) => tx.query('insert a 1'), {
      timeoutMs: 150,
      signal: controller.signal,
    });
    // BEGIN and the insert have taken 120 ms.
    await env.advance(160);
    controller.abort();
    await run(committing);
    expect(server.cancels).toBe(0);
    expect((await run(pool.query('select a'))).rows).toMatchObject([{ value: '1' }]);
    await run(pool.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('maxTransactionMs ends it with a typed error that names pool, label and age', async () => {
    const world = await bench(one, { maxTransactionMs: 200 });
    const { pool, fail, run } = world;
    const failing = fail(
      pool.transaction(
        async (tx) => {
          await tx.query('insert a 1');
          await tx.query('sleep 5000');
        },
        { label: 'Orders.place' },
      ),
    );
    const error = await failing;
    expect(error).toBeInstanceOf(SqlTransactionTooLongError);
    expect(error).toMatchObject({
      code: 'SQL_TRANSACTION_TOO_LONG',
      category: 'timeout',
      node: 'shop.primary',
      label: 'Orders.place',
      maxTransactionMs: 200,
    });
    expect((error as SqlTransactionTooLongError).ageMs).toBeGreaterThanOrEqual(200);
    expect(error.message).toMatch(/of Orders\.place was rolled back after 20\d ms; 200 ms are allowed/);
    // One that has its own.
    await run(pool.transaction((tx) => tx.query('sleep 250'), { maxTransactionMs: 300 }));
    await expectUndone(world, 'a');
  });

  it('a statement that ran into its own timeout fails the transaction, even if it took effect', async () => {
    for (const swallow of [false, true]) {
      const world = await bench(one);
      const { pool, fail, server } = world;
      server.latencyMs = 10;
      const failing = fail(
        pool.transaction(async (tx) => {
          // Ends while its cancel is on the way.
          const late = tx.query('sleep 105', [], { timeoutMs: 100 });
          await (swallow ? late.catch(() => {}) : late);
          const refused = await tx.query('insert a 1').catch((error: unknown) => error);
          expect(refused).toMatchObject({ code: 'SQL_TRANSACTION_FAILED' });
        }),
      );
      const timeout = { code: 'SQL_TIMEOUT' };
      const expected = swallow ? { code: 'SQL_TRANSACTION_FAILED', cause: timeout } : timeout;
      expect(await failing).toMatchObject(expected);
      await expectUndone(world, 'a');
    }
  });

  it('does not wait for a server that is frozen', async () => {
    const { env, cluster, pool, fail, run } = await bench(one);
    for (const [whole, statement] of [
      [{ timeoutMs: 100 }, {}],
      [{}, { timeoutMs: 100 }],
    ]) {
      const began = env.scheduler.now();
      const failing = fail(
        pool.transaction(async (tx) => {
          cluster.freeze('shop.primary');
          await tx.query('insert a 1', [], statement);
        }, whole),
      );
      expect(await failing).toBeInstanceOf(SqlTimeoutError);
      expect(env.scheduler.now() - began).toBeLessThan(120);
      await env.advance(10_000);
      cluster.restore('shop.primary');
      await env.advance(6_000);
      await run(pool.query('select a'));
    }
    await run(pool.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('refuses wrong settings', async () => {
    await expect(bench(one, { maxTransactionMs: 0 })).rejects.toBeInstanceOf(OptionsError);
    const { pool, fail, run } = await bench(one);
    const options = { maxTransactionMs: -1, isolation: 'chaos', retry: { attempts: 1.5 } } as never;
    const error = await fail(pool.transaction(async () => {}, options));
    expect(error.message).toMatch(/isolation: .*chaos.*\n.*maxTransactionMs.*\n.*retry\.attempts/);
    await run(pool.close());
  });
});
