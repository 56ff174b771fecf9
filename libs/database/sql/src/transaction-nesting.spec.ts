import { describe, expect, it } from '@jest/globals';
import { bench, expectWhole, valuesOf } from './model.fixture.js';
import type { SqlConnection } from './sql-pool.js';
import { SqlTransactionEndedError, SqlTransactionFailedError } from './transaction-errors.js';

const one = { min: 1, max: 1 };

describe('transactions inside transactions', () => {
  it('go as deep as they like, and each fails alone', async () => {
    const world = await bench(one);
    const { pool, run } = world;
    await run(
      pool.transaction(async () => {
        await pool.query('insert a 1');
        await pool.transaction(async () => {
          await pool.query('insert b 1');
          const deepest = pool.transaction(async (tx) => {
            await tx.query('insert c 1');
            throw new Error('no');
          });
          await expect(deepest).rejects.toThrow('no');
          await pool.query('insert d 1');
        });
      }),
    );
    expect(await valuesOf(world, 'abcd')).toEqual(['1', '1', undefined, '1']);
    await expectWhole(world);
  });

  it('those begun at the same time take turns; one that fails undoes nothing of the others', async () => {
    const world = await bench(one);
    const { pool, run } = world;
    await run(
      pool.transaction(async (tx) => {
        const part = (key: string, fails: boolean): Promise<void> =>
          tx.transaction(async () => {
            await pool.query(`insert ${key} 1`);
            if (fails) await pool.query('fail constraint');
          });
        const settled = await Promise.allSettled([part('a', false), part('b', true), part('c', false)]);
        expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      }),
    );
    expect(await valuesOf(world, 'abc')).toEqual(['1', undefined, '1']);
    await expectWhole(world);
  });

  it('what the outer one runs beside an inner one is not undone with it', async () => {
    const world = await bench(one);
    const { pool, run } = world;
    await run(
      pool.transaction(async (tx) => {
        const inner = tx.transaction(async (part) => {
          await part.query('insert a 1');
          await part.query('insert b 1');
          throw new Error('no');
        });
        const beside = [tx.query('insert c 1'), pool.query('insert d 1')];
        const rows = tx.stream('select a')[Symbol.asyncIterator]();
        const first = rows.next();
        await expect(inner).rejects.toThrow('no');
        await Promise.all(beside);
        expect(await first).toMatchObject({ value: { value: undefined } });
        await rows.return!();
      }),
    );
    expect(await valuesOf(world, 'abcd')).toEqual([undefined, undefined, '1', '1']);
    await expectWhole(world);
  });

  it('take what is run through the outer connection in their flow as their own', async () => {
    const world = await bench(one);
    const { pool, run } = world;
    await run(
      pool.transaction(async (tx) => {
        const inner = tx.transaction(async () => {
          await tx.query('insert a 1');
          await tx.transaction(async () => void (await tx.query('insert b 1')));
          for await (const row of tx.stream('select a')) expect(row).toMatchObject({ value: '1' });
          throw new Error('no');
        });
        await expect(inner).rejects.toThrow('no');
      }),
    );
    expect(await valuesOf(world, 'ab')).toEqual([undefined, undefined]);
    await expectWhole(world);
  });

  it('say so when the error of a statement was swallowed, and the outer one goes on', async () => {
    const world = await bench(one);
    const { pool, run } = world;
    await run(
      pool.transaction(async (tx) => {
        await tx.query('insert a 1');
        const inner = tx.transaction(async (part) => {
          await part.query('fail constraint').catch(() => {});
        });
        await expect(inner).rejects.toBeInstanceOf(SqlTransactionFailedError);
        await tx.query('insert b 1');
      }),
    );
    expect(await valuesOf(world, 'ab')).toEqual(['1', '1']);
    await expectWhole(world);
  });

  it('refuse statements after their end, though the outer one goes on', async () => {
    const world = await bench(one);
    const { pool, run } = world;
    await run(
      pool.transaction(async (tx) => {
        let kept: SqlConnection | undefined;
        await tx.transaction(async (part) => void (kept = part));
        await expect(kept!.query('insert a 1')).rejects.toBeInstanceOf(SqlTransactionEndedError);
        await expect(kept!.transaction(async () => {})).rejects.toBeInstanceOf(SqlTransactionEndedError);
        const failing = tx.transaction(async (part) => {
          kept = part;
          throw new Error('no');
        });
        await expect(failing).rejects.toThrow('no');
        await expect(kept!.query('insert a 1')).rejects.toBeInstanceOf(SqlTransactionEndedError);
        await tx.query('insert b 1');
      }),
    );
    expect(await valuesOf(world, 'ab')).toEqual([undefined, '1']);
    await expectWhole(world);
  });
});
