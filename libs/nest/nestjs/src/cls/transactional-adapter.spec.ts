import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { OptionsError, systemEnv } from '@nest-pooling/core';
import type { SqlPool } from '@nest-pooling/sql';
import { getPoolToken, onCommit, onRollback, PoolFaceError, runAsTenant, sqlTenants } from '../index.js';
import { FakeSql } from '../testing/index.js';
import { TransactionalAdapterSqlPool, type SqlTransactionClient } from './index.js';

// The library itself does not run under Jest; tools/nest-matrix runs it. Here is what it calls.
let sql: FakeSql;
let pool: SqlPool;
let setTx: jest.Mock<(tx?: SqlTransactionClient) => void>;
/** Texts with the number of their session, in their order. */
const said = (): string[] => sql.statements.map(({ text, session }) => `${session} ${text}`);
const hooksFor = (options?: object) =>
  new TransactionalAdapterSqlPool('orders', options).optionsFactory(pool);

beforeEach(() => {
  sql = new FakeSql();
  pool = sql.pool().open('orders', systemEnv).face;
  setTx = jest.fn();
});

describe('TransactionalAdapterSqlPool', () => {
  it('asks for the pool by its token, and refuses what is none and wrong options', () => {
    expect(new TransactionalAdapterSqlPool('orders').connectionToken).toBe(getPoolToken('orders'));
    expect(() => new TransactionalAdapterSqlPool('orders').optionsFactory({} as never)).toThrow(
      PoolFaceError,
    );
    expect(() => new TransactionalAdapterSqlPool('orders', { isolation: 1 } as never)).toThrow(OptionsError);
    const wrong = { defaultTxOptions: { isolation: 'none' } } as never;
    expect(() => new TransactionalAdapterSqlPool('orders', wrong)).toThrow(OptionsError);
  });

  it('commits what was done by the transaction and by the pool, with the options, and then runs hooks', async () => {
    const log: unknown[] = [];
    const work = async () => {
      onCommit(() => log.push(said().length));
      await setTx.mock.calls[0]![0]!.query('UPDATE a');
      await pool.query('UPDATE b');
      return 'done';
    };
    const result = hooksFor().wrapWithTransaction({ isolation: 'serializable' }, work, setTx);
    expect(await result).toBe('done');
    expect(said()).toEqual(['1 BEGIN ISOLATION LEVEL SERIALIZABLE', '1 UPDATE a', '1 UPDATE b', '1 COMMIT']);
    expect(log).toEqual([4]);
  });

  it('rolls back, and rejects with what the work failed with', async () => {
    const boom = new Error('boom');
    const log: unknown[] = [];
    const work = async () => {
      onRollback((error) => log.push(error));
      await pool.query('UPDATE a');
      throw boom;
    };
    await expect(hooksFor().wrapWithTransaction({}, work, setTx)).rejects.toBe(boom);
    expect(said().at(-1)).toBe('1 ROLLBACK');
    expect(log).toEqual([boom]);
  });

  it('RequiresNew: one within another one is on another session', async () => {
    const { wrapWithTransaction } = hooksFor();
    const inner = () => wrapWithTransaction({}, () => pool.query('UPDATE b'), setTx);
    await wrapWithTransaction({}, () => pool.query('UPDATE a').then(inner), setTx);
    expect(said()).toEqual(['1 BEGIN', '1 UPDATE a', '2 BEGIN', '2 UPDATE b', '2 COMMIT', '1 COMMIT']);
  });

  it('Nested: a part that fails alone, and takes no isolation level from the defaults', async () => {
    const defaultTxOptions = { isolation: 'serializable' } as const;
    const { wrapWithTransaction, wrapWithNestedTransaction } = hooksFor({ defaultTxOptions });
    const outer = async (): Promise<void> => {
      const tx = setTx.mock.calls[0]![0]!;
      const part = wrapWithNestedTransaction!(
        defaultTxOptions,
        () => Promise.reject(new Error('no')),
        setTx,
        tx,
      );
      await part.catch(() => {});
      await tx.query('UPDATE a');
    };
    await wrapWithTransaction(defaultTxOptions, outer, setTx);
    const texts = sql.texts.map((text) => text.replace(/ .*/, ''));
    expect(texts).toEqual(['BEGIN', 'SAVEPOINT', 'ROLLBACK', 'UPDATE', 'COMMIT']);
    expect(setTx.mock.calls[1]![0]).not.toBe(setTx.mock.calls[0]![0]);
  });

  it('is a part of a transaction that the library has not begun', async () => {
    const { wrapWithTransaction } = hooksFor();
    await pool.transaction(() =>
      wrapWithTransaction({ isolation: 'serializable' }, () => pool.query('UPDATE a'), setTx),
    );
    expect(sql.texts.filter((text) => text.startsWith('BEGIN'))).toEqual(['BEGIN']);
    expect(sql.texts.some((text) => text.startsWith('SAVEPOINT'))).toBe(true);
    expect(new Set(sql.statements.map(({ session }) => session)).size).toBe(1);
  });

  it('is one on the pool of the tenant, where there is one for each', async () => {
    const managed = sqlTenants({ create: () => sql.pool() }).open('orders', systemEnv);
    pool = managed.face;
    const { wrapWithTransaction } = hooksFor();
    const log: string[] = [];
    const work = async () => {
      onCommit(() => log.push('committed'));
      await pool.query('UPDATE a');
    };
    await runAsTenant('acme', () =>
      pool.transaction(() => wrapWithTransaction({}, () => wrapWithTransaction({}, work, setTx), setTx)),
    );
    const control = sql.texts.map((text) => text.replace(/ .*/, ''));
    expect(control).toEqual(['BEGIN', 'SAVEPOINT', 'BEGIN', 'UPDATE', 'COMMIT', 'RELEASE', 'COMMIT']);
    expect(log).toEqual(['committed']);
    await expect(wrapWithTransaction({}, work, setTx)).rejects.toMatchObject({ code: 'TENANT_MISSING' });
    await managed.close();
  });

  it('is the pool where there is no transaction, and outside of that where the library has left it', async () => {
    const { getFallbackInstance, wrapWithTransaction } = hooksFor();
    expect(getFallbackInstance()).toBe(pool);
    await pool.transaction(async () => expect(getFallbackInstance()).toBe(pool));
    sql.forget();
    sql.when(/^SELECT/, [{ n: 1 }, { n: 2 }]);
    const rows: unknown[] = [];
    await wrapWithTransaction(
      {},
      async () => {
        await pool.query('UPDATE a');
        const tx = getFallbackInstance();
        await tx.query('UPDATE b');
        await tx.transaction(() => pool.query('UPDATE c'));
        for await (const row of tx.stream('SELECT 1')) rows.push(row);
      },
      setTx,
    );
    const inside = sql.statements.find(({ text }) => text === 'UPDATE a')!.session;
    for (const text of ['UPDATE b', 'UPDATE c', 'SELECT 1'])
      expect(sql.statements.find((statement) => statement.text === text)!.session).not.toBe(inside);
    expect(rows).toEqual([{ n: 1 }, { n: 2 }]);
  });
});
