import { afterEach, describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Injectable, type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { OptionsError } from '@nest-pooling/core';
import { ReadReplicaRouter } from '@nest-pooling/routing';
import { SqlPool } from '@nest-pooling/sql';
import { InjectPool, InjectRouter, PoolingModule, Transactional } from '../index.js';
import { definePool, FakeSql, overridePool, sqlFault } from './index.js';

@Injectable()
class Orders {
  constructor(
    @InjectPool('orders') readonly orders: SqlPool,
    @InjectRouter('routed') readonly routed: ReadReplicaRouter,
  ) {}

  @Transactional('orders')
  async place(id: number): Promise<number> {
    await this.orders.query('INSERT INTO orders VALUES ($1)', [id]);
    const { rows } = await this.orders.query<{ n: number }>('SELECT count(*) AS n FROM orders');
    return rows[0]!.n;
  }
}

let app: INestApplicationContext | undefined;

async function start(sql: FakeSql, routed = sql): Promise<Orders> {
  const real = definePool(Object.create(SqlPool.prototype) as SqlPool);
  const builder = Test.createTestingModule({
    imports: [PoolingModule.forRoot({ pools: { orders: real, routed: real }, health: false })],
    providers: [Orders],
  }).setLogger(new ConsoleLogger({ logLevels: [] }));
  overridePool(overridePool(builder, 'orders', sql.pool()), 'routed', routed.router({ replicas: 2 }));
  app = await (await builder.compile()).init();
  return app.get(Orders);
}

afterEach(async () => {
  await app?.close();
  app = undefined;
});

describe('FakeSql', () => {
  it('notes down what a transaction tells it, and answers as the test says', async () => {
    const sql = new FakeSql().when('count(*)', [{ n: 7 }]);
    const orders = await start(sql, new FakeSql());
    expect(await orders.place(1)).toBe(7);
    const [, insert] = sql.statements;
    expect(sql.texts).toEqual([
      'BEGIN',
      'INSERT INTO orders VALUES ($1)',
      'SELECT count(*) AS n FROM orders',
      'COMMIT',
    ]);
    expect(insert).toEqual({
      text: 'INSERT INTO orders VALUES ($1)',
      params: [1],
      node: 'orders',
      session: expect.any(Number),
    });
    expect(new Set(sql.statements.map(({ session }) => session)).size).toBe(1);
    sql.forget();
    expect(sql.texts).toEqual([]);
  });

  it('fails as a server does: the transaction is rolled back, the error says what it was', async () => {
    const failure = sqlFault('unique-violation', { constraint: 'orders_pkey' });
    const sql = new FakeSql().when(/^INSERT/g, failure);
    const orders = await start(sql, new FakeSql());
    await expect(orders.place(1)).rejects.toMatchObject({
      code: 'SQL_STATEMENT_FAILED',
      fault: { kind: 'unique-violation', category: 'constraint', constraint: 'orders_pkey', cause: failure },
    });
    expect(sql.texts).toEqual(['BEGIN', 'INSERT INTO orders VALUES ($1)', 'ROLLBACK']);
  });

  it('refuses what comes after a failed statement of a transaction, until its savepoint', async () => {
    const sql = new FakeSql().when('bad', new Error('of the test'));
    const { orders } = await start(sql, new FakeSql());
    const swallowed = orders.transaction(async () => {
      await orders.query('bad').catch(() => {});
      await orders.query('SELECT 1');
    });
    await expect(swallowed).rejects.toMatchObject({ fault: { kind: 'transaction-failed' } });
    const inPart = orders.transaction(async () => {
      await orders.transaction(() => orders.query('bad')).catch(() => {});
      return (await orders.query('SELECT 1')).command;
    });
    expect(await inPart).toBe('SELECT');
  });

  it('does not know what became of a COMMIT, when the test wants that', async () => {
    const sql = new FakeSql().when('COMMIT', sqlFault('out-of-resources', { outcome: 'unknown' }));
    const orders = await start(sql.when('count(*)', [{ n: 0 }]), new FakeSql());
    await expect(orders.place(1)).rejects.toMatchObject({ code: 'SQL_OUTCOME_UNKNOWN' });
  });

  it('lets a statement hang until its time is over', async () => {
    const sql = new FakeSql().when('slow', () => new Promise<never>(() => {}));
    const { orders } = await start(sql, new FakeSql());
    await expect(orders.query('slow', [], { timeoutMs: 20 })).rejects.toMatchObject({ code: 'SQL_TIMEOUT' });
    expect((await orders.query('SELECT 1')).rows).toEqual([]);
  });

  it('makes answers from the statement, the last rule first, and streams them', async () => {
    const sql = new FakeSql().when(/FROM a/, [{ n: 1 }, { n: 2 }, { n: 3 }]).when(
      ({ params }) => params.length === 1,
      ({ params: [n] }) => (n === 0 ? undefined : { rows: [{ n }], insertId: 5 }),
    );
    const { orders } = await start(sql, new FakeSql());
    expect(await orders.query('SELECT n FROM a WHERE n = $1', [9])).toMatchObject({
      rows: [{ n: 9 }],
      rowCount: 1,
      insertId: 5,
      fields: [{ name: 'n' }],
    });
    expect((await orders.query('SELECT n FROM a WHERE n = $1', [0])).rows).toHaveLength(3);
    const seen: unknown[] = [];
    for await (const row of orders.stream('SELECT n FROM a', [], { batchSize: 2 })) seen.push(row);
    expect(seen).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it('routes reads to replicas and writes to the primary', async () => {
    const sql = new FakeSql().when(/^SELECT/, ({ node }) => [{ node }]);
    const { routed } = await start(new FakeSql(), sql);
    expect((await routed.query('INSERT INTO a VALUES (1)')).node).toBe('routed.primary');
    expect((await routed.query('SELECT 1')).node).toMatch(/^routed\.replica-[12]$/);
    await routed.transaction(() => routed.query('SELECT 2'));
    const written = sql.statements.filter(({ text }) => text !== 'SELECT 1');
    expect(new Set(written.map(({ node }) => node))).toEqual(new Set(['routed.primary']));
    expect(routed.nodes().map(({ inRotation }) => inRotation)).toEqual([true, true, true]);
  });

  it('when strict, refuses what it has no answer to, but not transactions', async () => {
    const sql = new FakeSql({ strict: true }).when('known', []);
    const { orders } = await start(sql, new FakeSql());
    await orders.transaction(() => orders.query('known'));
    await expect(orders.query('SELECT other')).rejects.toThrow('FakeSql has no answer to this statement');
    expect(() => new FakeSql({ strickt: true } as object)).toThrow('did you mean strict?');
    expect(() => sql.router({ replicas: -1 })).toThrow(OptionsError);
  });
});
