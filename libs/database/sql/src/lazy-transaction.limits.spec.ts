import { describe, expect, it } from '@jest/globals';
import { deadlineKey, OptionsError, runInContext } from '@nest-pooling/core';
import { SqlTimeoutError } from './errors.js';
import { world } from './lazy-transaction.fixture.js';
import { lazyTransaction } from './lazy-transaction.js';
import { expectWhole, valuesOf } from './model.fixture.js';
import { SqlTransactionTooLongError } from './transaction-errors.js';

describe('limits of a lazy transaction', () => {
  it('tries to begin again after a beginning that failed', async () => {
    const made = await world({ acquireTimeoutMs: 100 });
    const { lazy, run, pool, env } = made;
    const holding = pool.use(() => new Promise<void>((resolve) => env.scheduler.after(500, resolve)));
    await run(
      lazy(async () => {
        await expect(pool.query('insert a 1')).rejects.toMatchObject({ code: 'POOL_TIMEOUT' });
        await new Promise<void>((resolve) => env.scheduler.after(600, resolve));
        await pool.query('insert a 2');
      }),
    );
    await run(holding);
    expect(await valuesOf(made, 'a')).toEqual(['2']);
    await expectWhole(made);
  });

  it('counts the wait for the beginning as a part of the first statement’s own time', async () => {
    const made = await world();
    const { lazy, run, pool, env } = made;
    const holding = pool.use(() => new Promise<void>((resolve) => env.scheduler.after(500, resolve)));
    await run(
      lazy(async () => {
        const began = env.scheduler.now();
        await expect(pool.query('insert a 1', [], { timeoutMs: 50 })).rejects.toBeInstanceOf(SqlTimeoutError);
        expect(env.scheduler.now() - began).toBeLessThan(60);
        const signal = AbortSignal.abort(new Error('gone'));
        await expect(pool.query('insert a 1', [], { signal })).rejects.toMatchObject({
          category: 'cancelled',
        });
      }),
    );
    await run(holding);
    expect(await valuesOf(made, 'a')).toEqual([undefined]);
    await expectWhole(made);
  });

  it('has the limits of its own flow, not those of whoever asks first', async () => {
    const made = await world();
    const { lazy, run, fail, pool, env } = made;
    const wait = (ms: number) => new Promise<void>((resolve) => env.scheduler.after(ms, resolve));
    await run(
      lazy(async () => {
        await runInContext(deadlineKey, env.scheduler.now() + 50, () => pool.query('insert a 1'));
        await wait(200);
        await pool.query('insert b 2');
      }),
    );
    expect(await valuesOf(made, 'ab')).toEqual(['1', '2']);
    const tooLong = lazy(
      async () => {
        await pool.query('insert a 3');
        await wait(200);
      },
      { maxTransactionMs: 100 },
    );
    expect(await fail(tooLong)).toBeInstanceOf(SqlTransactionTooLongError);
    expect(await valuesOf(made, 'a')).toEqual(['1']);
    await expectWhole(made);
  });

  it('is rolled back when its signal aborts, which cancels what runs', async () => {
    const made = await world();
    const { lazy, fail, pool, env } = made;
    const gone = new AbortController();
    env.scheduler.after(30, () => gone.abort(new Error('gone')));
    const failing = lazy(
      async () => {
        await pool.query('insert a 1');
        await pool.query('sleep 10000');
      },
      { signal: gone.signal },
    );
    expect(await fail(failing)).toMatchObject({ code: 'SQL_CANCELLED' });
    expect(await valuesOf(made, 'a')).toEqual([undefined]);
    await expectWhole(made);
  });

  it('refuses wrong options, a retry, and a pool that cannot take part', async () => {
    const { pool, run } = await world();
    const nothing = async (): Promise<void> => {};
    await expect(lazyTransaction(pool, nothing, { retry: { attempts: 2 } } as never)).rejects.toBeInstanceOf(
      OptionsError,
    );
    await expect(lazyTransaction({ name: 'x' } as never, nothing)).rejects.toBeInstanceOf(OptionsError);
    await run(pool.close());
  });
});
