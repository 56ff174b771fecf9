import { Inject, Injectable } from '@nestjs/common';
import { inTransaction, type SqlPool } from '@nest-pooling/sql';
import { concat, defer, Observable, of, throwError } from 'rxjs';
import { Deadline, getPoolToken, onCommit, onRollback, Transactional } from '../index.js';
import { startShop, type Shop } from './method.fixture.js';

/** What a method fails with. */
export const BOOM = new Error('boom');

/** Its methods stand to a transaction in every way there is. */
@Injectable()
export class Stock {
  constructor(@Inject(getPoolToken('orders')) readonly pool: SqlPool) {}

  @Transactional('orders')
  async take(value: string): Promise<boolean> {
    await this.pool.query(`insert stock ${value}`);
    return inTransaction(this.pool);
  }

  @Transactional('orders', { propagation: 'requires-new' })
  async audit(value: string): Promise<void> {
    await this.pool.query(`insert audit ${value}`);
  }

  @Transactional('orders', { propagation: 'nested' })
  async attempt(value: string): Promise<void> {
    await this.pool.query(`insert part ${value}`);
    onCommit(() => log.push('part committed'));
    onRollback(() => log.push('part rolled back'));
    if (value === 'bad') throw BOOM;
  }

  @Transactional('orders', { propagation: 'supports' })
  async supports(): Promise<boolean> {
    return inTransaction(this.pool);
  }

  @Transactional('orders', { propagation: 'not-supported' })
  async outside(): Promise<boolean> {
    return inTransaction(this.pool);
  }

  @Transactional('orders', { propagation: 'mandatory' })
  async mandatory(): Promise<boolean> {
    return inTransaction(this.pool);
  }

  @Transactional('orders', { propagation: 'never' })
  async never(): Promise<boolean> {
    return inTransaction(this.pool);
  }
}

/** What the methods note down. */
export const log: string[] = [];

/** Its methods begin transactions. */
@Injectable()
export class Orders {
  constructor(
    @Inject(getPoolToken('orders')) readonly pool: SqlPool,
    readonly stock: Stock,
  ) {}

  @Transactional('orders')
  async place(work: (orders: Orders) => Promise<unknown> = async () => 'placed'): Promise<unknown> {
    await this.pool.query('insert order 1');
    return work(this);
  }

  @Transactional('orders')
  watch(fails: boolean): Observable<string> {
    const one = (value: string): Observable<string> =>
      defer(async () => {
        await this.pool.query(`insert watched ${value}`);
        return value;
      });
    return concat(one('1'), one('2'), fails ? throwError(() => BOOM) : of('3'));
  }

  @Transactional('orders')
  async *pages(fails: boolean): AsyncGenerator<string> {
    for (const value of ['1', '2']) {
      await this.pool.query(`insert page ${value}`);
      yield `${value}, ${inTransaction(this.pool)}`;
    }
    if (fails) throw BOOM;
  }

  /** Waits for what never comes, after its first value. */
  @Deadline(60_000)
  @Transactional('orders')
  async *events(): AsyncGenerator<string> {
    await this.pool.query('insert event 1');
    yield 'begun';
    await new Promise(() => {});
  }

  @Transactional('orders')
  undeclared() {
    return of(1);
  }
}

/** Has transactions on another pool. */
@Injectable()
export class Reports {
  @Transactional('reports' as 'orders')
  async count<R>(work: () => Promise<R>): Promise<R> {
    return work();
  }
}

/** Starts a shop with all of them. */
export async function start(): Promise<{ shop: Shop; orders: Orders; stock: Stock }> {
  log.length = 0;
  const shop = await startShop(Orders, Stock, Reports);
  return { shop, orders: shop.app.get(Orders), stock: shop.app.get(Stock) };
}
