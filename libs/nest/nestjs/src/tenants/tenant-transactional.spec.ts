import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { SqlPool } from '@nest-pooling/sql';
import { firstValueFrom, from, Observable } from 'rxjs';
import {
  getPoolToken,
  onCommit,
  PoolingModule,
  runAsTenant,
  sqlTenants,
  Transactional,
  type Propagation,
} from '../index.js';
import { FakeSql } from '../testing/index.js';

const log: string[] = [];

@Injectable()
class Orders {
  constructor(@Inject(getPoolToken('orders')) readonly pool: SqlPool) {}

  @Transactional('orders')
  async place(inner: () => Promise<unknown>): Promise<void> {
    await this.pool.query('UPDATE outer');
    await inner();
  }

  @Transactional('orders', { isolation: 'serializable' })
  async required(): Promise<void> {
    onCommit(() => log.push('committed'));
    await this.pool.query('UPDATE inner');
  }

  @Transactional('orders', { propagation: 'requires-new' })
  async own(): Promise<void> {
    await this.pool.query('UPDATE inner');
  }

  @Transactional('orders', { propagation: 'not-supported' })
  async outside(): Promise<void> {
    await this.pool.query('UPDATE inner');
  }

  @Transactional('orders', { propagation: 'mandatory' })
  async mandatory(): Promise<void> {}

  @Transactional('orders', { propagation: 'never' })
  async never(): Promise<void> {}

  @Transactional('orders')
  watch(): Observable<unknown> {
    return from(this.pool.query('UPDATE inner'));
  }
}

describe('@Transactional on the pool of a tenant', () => {
  let sql: FakeSql;
  let app: INestApplicationContext;
  let orders: Orders;
  beforeEach(async () => {
    log.length = 0;
    sql = new FakeSql();
    @Module({
      imports: [PoolingModule.forRoot({ pools: { orders: sqlTenants({ create: () => sql.pool() }) } })],
      providers: [Orders],
    })
    class App {}
    app = await NestFactory.createApplicationContext(App, { logger: false });
    orders = app.get(Orders);
  });
  afterEach(() => app.close());

  /** Texts with the number of their session, in the order in which they were first used. */
  const said = (): string[] => {
    const sessions = [...new Set(sql.statements.map(({ session }) => session))];
    return sql.statements.map(({ text, session }) => `${sessions.indexOf(session) + 1} ${text}`);
  };
  const acme = <R>(work: () => R): R => runAsTenant('acme', work);

  it('takes part in that of its caller, whose commit its hooks wait for', async () => {
    await acme(() => orders.place(() => orders.required().then(() => log.push('inner is done'))));
    expect(said()).toEqual(['1 BEGIN', '1 UPDATE outer', '1 UPDATE inner', '1 COMMIT']);
    expect(log).toEqual(['inner is done', 'committed']);
  });

  it.each<[Propagation, 'own' | 'outside', string[]]>([
    ['requires-new', 'own', ['2 BEGIN', '2 UPDATE inner', '2 COMMIT']],
    ['not-supported', 'outside', ['2 UPDATE inner']],
  ])('%s is on another session', async (_, method, inner) => {
    await acme(() => orders.place(() => orders[method]()));
    expect(said()).toEqual(['1 BEGIN', '1 UPDATE outer', ...inner, '1 COMMIT']);
  });

  it('mandatory and never tell the truth', async () => {
    await acme(() => orders.place(() => orders.mandatory()));
    await expect(acme(() => orders.mandatory())).rejects.toMatchObject({ code: 'TRANSACTION_PROPAGATION' });
    await acme(() => orders.never());
    const within = acme(() => orders.place(() => orders.never()));
    await expect(within).rejects.toMatchObject({ code: 'TRANSACTION_PROPAGATION' });
  });

  it('lasts as long as an observable, and is refused where there is no tenant', async () => {
    await acme(() => firstValueFrom(orders.watch()));
    await expect(firstValueFrom(orders.watch())).rejects.toMatchObject({ code: 'TENANT_MISSING' });
    await expect(orders.required()).rejects.toMatchObject({ code: 'TENANT_MISSING' });
  });
});
