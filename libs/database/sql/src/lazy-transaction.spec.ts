import { AsyncResource } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import { ambientConnection, inTransaction } from './ambient.js';
import { SqlStatementError } from './errors.js';
import { world } from './lazy-transaction.fixture.js';
import { LentConnection } from './lent-connection.js';
import { expectWhole, lendable, valuesOf, type Bench } from './model.fixture.js';
import type { SqlConnection } from './sql-pool.js';
import {
  SqlOutcomeUnknownError,
  SqlTransactionEndedError,
  SqlTransactionFailedError,
} from './transaction-errors.js';

const inUse = ({ pool }: Bench): number => pool.report().nodes['shop.primary']!.inUse;

describe('lazyTransaction', () => {
  it('takes no session and begins nothing without a statement', async () => {
    const made = await world();
    const { lazy, run, pool, env } = made;
    const answer = await run(
      lazy(async () => {
        await new Promise<void>((resolve) => env.scheduler.after(50, resolve));
        expect(inTransaction(pool)).toBe(true);
        expect(inUse(made)).toBe(0);
        return 7;
      }),
    );
    expect(answer).toBe(7);
    await expectWhole(made);
  });

  it('begins with the first statement, and everything after it takes part', async () => {
    const made = await world();
    const { lazy, run, pool } = made;
    await run(
      lazy(async () => {
        expect((await pool.query('insert a 1')).node).toBe('shop.primary');
        expect(inUse(made)).toBe(1);
        expect(ambientConnection(pool)).toBeInstanceOf(LentConnection);
        await pool.use(async (connection) => connection.query('insert b 2'));
        await pool.transaction((tx) => tx.query('insert c 3'));
        expect(lendable(made.server)).toHaveLength(1);
      }),
    );
    expect(inUse(made)).toBe(0);
    expect(await valuesOf(made, 'abc')).toEqual(['1', '2', '3']);
    await expectWhole(made);
  });

  it.each<[string, (made: Bench) => Promise<unknown>]>([
    ['a query', ({ pool }) => pool.query('insert a 1')],
    ['a lent session', ({ pool }) => pool.use((connection) => connection.query('insert a 1'))],
    ['a nested transaction', ({ pool }) => pool.transaction((tx) => tx.query('insert a 1'))],
    ['what was kept', ({ pool }) => ambientConnection(pool)!.query('insert a 1')],
  ])('may begin with %s; several at once begin one', async (_, first) => {
    const made = await world();
    const { lazy, run } = made;
    await run(lazy(() => Promise.all([first(made), made.pool.query('insert b 2')])));
    expect(await valuesOf(made, 'ab')).toEqual(['1', '2']);
    await expectWhole(made);
  });

  it('may begin with a stream', async () => {
    const made = await world();
    const { lazy, run, pool } = made;
    const count = await run(
      lazy(async () => {
        let rows = 0;
        for await (const row of pool.stream('rows 5')) rows += row === undefined ? 0 : 1;
        return rows;
      }),
    );
    expect(count).toBe(5);
    await expectWhole(made);
  });

  it('lends the real session, never what stands for it', async () => {
    const { lazy, run, pool } = await world();
    const lent = await run(lazy(() => pool.use(async (connection) => connection)));
    expect(lent).toBeInstanceOf(LentConnection);
    await run(pool.close());
  });

  it('rolls back when the work rejects, with its error', async () => {
    const made = await world();
    const { lazy, fail, pool } = made;
    const no = new Error('no');
    const work = async (): Promise<void> => {
      await pool.query('insert a 1');
      throw no;
    };
    expect(await fail(lazy(work))).toBe(no);
    expect(await fail(lazy(() => Promise.reject(no)))).toBe(no);
    expect(await valuesOf(made, 'a')).toEqual([undefined]);
    await expectWhole(made);
  });

  it('commits before it resolves, with what nobody awaited', async () => {
    const made = await world();
    const { lazy, run, pool } = made;
    await run(
      lazy(async () => {
        void pool.query('insert a 1', [], { timeoutMs: 1_000 });
        void pool.transaction((tx) => tx.query('insert b 2'));
      }),
    );
    expect(await valuesOf(made, 'ab')).toEqual(['1', '2']);
    await expectWhole(made);
  });

  it('rejects when the commit does, though the work had resolved', async () => {
    const made = await world();
    const { lazy, fail, run, pool, env, cluster } = made;
    const swallowed = lazy(async () => {
      await expect(pool.query('fail constraint')).rejects.toBeInstanceOf(SqlStatementError);
      return 'done';
    });
    expect(await fail(swallowed)).toBeInstanceOf(SqlTransactionFailedError);
    made.server.latencyMs = 50;
    const lost = fail(
      lazy(async () => {
        await pool.query('insert a 1');
        env.scheduler.after(25, () => cluster.kill('shop.primary'));
        return 'done';
      }),
    );
    expect(await lost).toBeInstanceOf(SqlOutcomeUnknownError);
    await run(pool.close());
  });

  it('refuses what comes after its end, begun or not', async () => {
    const made = await world();
    const { lazy, run, fail, pool } = made;
    let kept!: SqlConnection;
    await run(lazy(async () => void (kept = ambientConnection(pool)!)));
    expect(await fail(kept.query('select a'))).toBeInstanceOf(SqlTransactionEndedError);
    let later!: () => Promise<unknown>;
    await run(
      lazy(async () => {
        later = AsyncResource.bind(() => pool.query('insert b 1'));
        await pool.query('insert a 1');
      }),
    );
    expect(await fail(later())).toBeInstanceOf(SqlTransactionEndedError);
    expect(await valuesOf(made, 'ab')).toEqual(['1', undefined]);
    await expectWhole(made);
  });

  it('takes part in a transaction that surrounds it', async () => {
    const made = await world();
    const { lazy, fail, pool } = made;
    const outer = pool.transaction(async () => {
      await lazy(() => pool.query('insert a 1'));
      throw new Error('no');
    });
    expect((await fail(outer)).message).toBe('no');
    expect(await valuesOf(made, 'a')).toEqual([undefined]);
    await expectWhole(made);
  });
});
