import { describe, expect, it } from '@jest/globals';
import { bench, expectWhole, valuesOf } from './model.fixture.js';
import { SqlTransactionEndedError, SqlTransactionFailedError } from './transaction-errors.js';

const one = { min: 1, max: 1 };

describe('the end of a transaction', () => {
  it('waits for what was begun and not awaited, which belongs to it', async () => {
    const world = await bench(one);
    const { pool, run } = world;
    await run(
      pool.transaction(async (tx) => {
        void tx.query('sleep 50');
        void tx.query('insert a 1');
        void tx.transaction((part) => part.query('insert b 1'));
      }),
    );
    expect(await valuesOf(world, 'ab')).toEqual(['1', '1']);
    await expectWhole(world);
  });

  it('of what is lent waits for it, too: nobody else has the session meanwhile', async () => {
    const world = await bench(one);
    const { env, pool, run } = world;
    await run(pool.use(async (connection) => void connection.query('sleep 50')));
    expect(env.scheduler.now()).toBeGreaterThanOrEqual(50);
    await run(pool.query('select a'));
    const failing = pool.use(async (connection) => {
      void connection.query('sleep 50');
      throw new Error('mine');
    });
    expect((await world.fail(failing)).message).toBe('mine');
    await run(pool.query('select a'));
    await expectWhole(world);
  });

  it('that fails refuses what waits, whether it was given to it or to one inside', async () => {
    const world = await bench(one);
    const { pool, run, fail } = world;
    const late: Promise<unknown>[] = [];
    const settled = (promise: Promise<unknown>): void =>
      void late.push(promise.catch((error: unknown) => error));
    const error = await fail(
      pool.transaction(async (tx) => {
        const opened = new Promise<void>((resolve) => {
          settled(
            tx.transaction(async (part) => {
              settled(part.query('sleep 20'));
              settled(part.query('insert b 1'));
              resolve();
              await new Promise(() => {});
            }),
          );
        });
        await opened;
        // Waits for the end of the one inside.
        settled(tx.query('insert a 1'));
        settled(tx.transaction((part) => part.query('insert a 2')));
        throw new Error('mine');
      }),
    );
    void late.shift();
    expect(error.message).toBe('mine');
    const [slept, ...refused] = await run(Promise.all(late));
    expect(slept).toMatchObject({ rowCount: 1 });
    for (const refusal of refused) {
      expect(refusal).toBeInstanceOf(SqlTransactionEndedError);
      expect(refusal).toMatchObject({ cause: error });
    }
    expect(await valuesOf(world, 'ab')).toEqual([undefined, undefined]);
    await expectWhole(world);
  });

  it('ends the rows that are still being read, and says so to their reader', async () => {
    const world = await bench(one);
    const { pool, run, fail } = world;
    for (const lend of ['transaction', 'use'] as const) {
      let kept: AsyncIterator<unknown> | undefined;
      let unopened: AsyncIterable<unknown> | undefined;
      await run(
        pool[lend](async (connection) => {
          const rows = connection.stream('select a', [], { batchSize: 1 });
          kept = rows[Symbol.asyncIterator]();
          await kept.next();
          unopened = connection.stream('select a');
        }),
      );
      expect(await fail(kept!.next())).toBeInstanceOf(SqlTransactionEndedError);
      expect(await fail(unopened![Symbol.asyncIterator]().next())).toBeInstanceOf(SqlTransactionEndedError);
      await run(pool.query('select a'));
    }
    let left: AsyncIterator<unknown> | undefined;
    const failing = pool.transaction(async (tx) => {
      left = tx.stream('rows 10', [], { batchSize: 1 })[Symbol.asyncIterator]();
      await left.next();
      throw new Error('mine');
    });
    expect((await fail(failing)).message).toBe('mine');
    expect(await fail(left!.next())).toBeInstanceOf(SqlTransactionEndedError);
    await expectWhole(world);
  });

  it('is not disturbed by one inside an earlier one that ends at last', async () => {
    const world = await bench(one);
    const { env, pool, run } = world;
    let end = (): void => {};
    const hanging = new Promise<void>((resolve) => (end = resolve));
    await run(
      pool.use(async (connection) => {
        const late = connection.transaction((tx) => tx.transaction(() => hanging), { timeoutMs: 50 });
        await expect(late).rejects.toMatchObject({ code: 'SQL_TIMEOUT' });
        await connection.transaction(async (tx) => {
          end();
          await new Promise((resolve) => void env.scheduler.after(20, () => resolve(undefined)));
          const beside = connection.query('insert a 1');
          await tx.query('insert b 1');
          const failing = tx.transaction(async () => {
            throw new Error('no');
          });
          await expect(failing).rejects.toThrow('no');
          await Promise.race([beside, tx.query('insert c 1')]);
        });
      }),
    );
    expect(await valuesOf(world, 'abc')).toEqual(['1', '1', '1']);
    await expectWhole(world);
  });

  it('of what is lent, by an error, ends the transaction on it, which cannot touch the session any more', async () => {
    for (const own of [undefined, new Error('no')]) {
      const world = await bench(one);
      const { env, pool, run, fail } = world;
      let end = (): void => {};
      let late: Promise<unknown> | undefined;
      const failing = fail(
        pool.use(async (connection) => {
          await new Promise<void>((begun) => {
            late = connection
              .transaction(async (tx) => {
                await tx.query('insert a 1');
                begun();
                await new Promise<void>((resolve) => (end = resolve));
                if (own !== undefined) throw own;
              })
              .catch((error: unknown) => error);
          });
          throw new Error('mine');
        }),
      );
      expect((await failing).message).toBe('mine');
      const other = pool.transaction(async (tx) => {
        await tx.query('insert b 1');
        end();
        await new Promise((resolve) => void env.scheduler.after(20, () => resolve(undefined)));
        await tx.query('insert c 1');
      });
      await run(other);
      expect(await run(late!)).toMatchObject(own ?? { code: 'SQL_TRANSACTION_ENDED' });
      expect(await valuesOf(world, 'abc')).toEqual([undefined, '1', '1']);
      await expectWhole(world);
    }
  });

  it('keeps the error of the work when the rollback fails, and gives the session up', async () => {
    const { env, cluster, pool, fail, run } = await bench(one);
    const error = await fail(
      pool.transaction(async (tx) => {
        await tx.query('insert a 1');
        cluster.kill('shop.primary');
        throw new Error('mine');
      }),
    );
    expect(error.message).toBe('mine');
    cluster.restore('shop.primary');
    await env.advance(6_000);
    expect((await run(pool.query('select a'))).rows).toMatchObject([{ value: undefined }]);
    await run(pool.close());
  });

  it('a transaction that failed by a swallowed error says which', async () => {
    const { pool, run, fail } = await bench(one);
    const error = await fail(
      pool.transaction(async (tx) => {
        await tx.query('fail constraint').catch(() => {});
        await tx.query('select a').catch(() => {});
      }),
    );
    expect(error).toBeInstanceOf(SqlTransactionFailedError);
    expect(error).toMatchObject({ code: 'SQL_TRANSACTION_FAILED', category: 'failed' });
    expect(error.cause).toMatchObject({ fault: { category: 'constraint' } });
    // One after the other on the same session: each has its own cause.
    await run(
      pool.use(async (connection) => {
        for (const category of ['constraint', 'overload']) {
          const failing = connection.transaction(async (tx) => {
            await tx.query(`fail ${category}`).catch(() => {});
          });
          await expect(failing).rejects.toMatchObject({ cause: { fault: { category } } });
        }
      }),
    );
    await run(pool.close());
  });
});
