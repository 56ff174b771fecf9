import { afterEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable } from '@nestjs/common';
import { inTransaction, type SqlPool } from '@nest-pooling/sql';
import { concat, defer, firstValueFrom, lastValueFrom, Observable, of, throwError, toArray } from 'rxjs';
import {
  getPoolToken,
  onCommit,
  onRollback,
  PoolFaceError,
  Transactional,
  UnknownPoolError,
} from '../index.js';
import { bootError, startShop, type Shop } from './method.fixture.js';

let made: Shop | undefined;
afterEach(async () => {
  await made?.app.close();
  made = undefined;
});

const BOOM = new Error('boom');

@Injectable()
class Stock {
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

let log: string[] = [];

@Injectable()
class Orders {
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

  @Transactional('orders')
  undeclared() {
    return of(1);
  }
}

async function start(): Promise<{ shop: Shop; orders: Orders; stock: Stock }> {
  log = [];
  made = await startShop(Orders, Stock);
  return { shop: made, orders: made.app.get(Orders), stock: made.app.get(Stock) };
}

describe('@Transactional', () => {
  it('commits what a method and those that it calls did, and answers after that', async () => {
    const { shop, orders } = await start();
    expect(await orders.place(({ stock }) => stock.take('5'))).toBe(true);
    expect(await shop.stored('order')).toBe('1');
    expect(await shop.stored('stock')).toBe('5');
    expect(shop.said.filter((text) => /^begin$/i.test(text))).toHaveLength(1);
  });

  it('rolls it back, with the error of the method', async () => {
    const { shop, orders } = await start();
    const failing = orders.place(async ({ stock }) => {
      await stock.take('5');
      throw BOOM;
    });
    await expect(failing).rejects.toBe(BOOM);
    expect(await shop.stored('order')).toBeUndefined();
    expect(await shop.stored('stock')).toBeUndefined();
  });

  it('requires-new stands for itself', async () => {
    const { shop, orders } = await start();
    const failing = orders.place(async ({ stock }) => {
      await stock.audit('tried');
      throw BOOM;
    });
    await expect(failing).rejects.toBe(BOOM);
    expect(await shop.stored('audit')).toBe('tried');
    expect(await shop.stored('order')).toBeUndefined();
  });

  it('nested can fail alone', async () => {
    const { shop, orders, stock } = await start();
    await orders.place(async () => {
      await stock.attempt('bad').catch(() => {});
      await stock.attempt('good');
    });
    expect(await shop.stored('part')).toBe('good');
    expect(await shop.stored('order')).toBe('1');
    await stock.attempt('alone');
    expect(await shop.stored('part')).toBe('alone');
  });

  it('supports, not-supported, mandatory and never do as they say', async () => {
    const { orders, stock } = await start();
    expect(await stock.supports()).toBe(false);
    expect(await orders.place(() => stock.supports())).toBe(true);
    expect(await stock.outside()).toBe(false);
    expect(await orders.place(() => stock.outside())).toBe(false);
    expect(await orders.place(() => stock.mandatory())).toBe(true);
    expect(await stock.never()).toBe(false);
    for (const failing of [stock.mandatory(), orders.place(() => stock.never())]) {
      await expect(failing).rejects.toMatchObject({ code: 'TRANSACTION_PROPAGATION', pool: 'orders' });
    }
  });

  it('lasts as long as an observable', async () => {
    const { shop, orders } = await start();
    expect(await lastValueFrom(orders.watch(false).pipe(toArray()))).toEqual(['1', '2', '3']);
    expect(await shop.stored('watched')).toBe('2');
    await shop.orders.query('update watched 0');
    await expect(lastValueFrom(orders.watch(true))).rejects.toBe(BOOM);
    expect(await shop.stored('watched')).toBe('0');
  });

  it('is rolled back when nobody listens to an observable any more', async () => {
    const { shop, orders } = await start();
    expect(await firstValueFrom(orders.watch(false))).toBe('1');
    while (!shop.said.some((text) => /^rollback$/i.test(text))) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(await shop.stored('watched')).toBeUndefined();
  });

  it('lasts as long as an async generator, and is rolled back when that is left', async () => {
    const { shop, orders } = await start();
    const all: string[] = [];
    for await (const page of orders.pages(false)) all.push(page);
    expect(all).toEqual(['1, true', '2, true']);
    expect(await shop.stored('page')).toBe('2');
    await shop.orders.query('update page 0');
    const failing = async (): Promise<void> => {
      for await (const _ of orders.pages(true));
    };
    await expect(failing()).rejects.toBe(BOOM);
    expect(await shop.stored('page')).toBe('0');
    for await (const _ of orders.pages(false)) break;
    expect(await shop.stored('page')).toBe('0');
  });

  it('refuses an observable that was not declared', async () => {
    const { orders } = await start();
    await expect(orders.undeclared()).rejects.toMatchObject({ code: 'OBSERVABLE_UNDECLARED' });
  });
});

describe('onCommit and onRollback', () => {
  it('run after the end of the outermost transaction', async () => {
    const { shop, orders, stock } = await start();
    await orders.place(async () => {
      onCommit(async () => log.push(`committed ${await shop.stored('order')}`));
      onRollback(() => log.push('rolled back'));
      await stock.attempt('bad').catch(() => {});
      await stock.attempt('good');
      log.push('done');
    });
    expect(log).toEqual(['part rolled back', 'done', 'committed 1', 'part committed']);
    log = [];
    const failing = orders.place(async () => {
      onCommit(() => log.push('committed'));
      onRollback((error) => log.push(`rolled back: ${(error as Error).message}`));
      await stock.attempt('good');
      throw BOOM;
    });
    await expect(failing).rejects.toBe(BOOM);
    expect(log).toEqual(['part rolled back', 'rolled back: boom']);
  });

  it('what one throws undoes nothing, and the next one runs', async () => {
    const { shop, orders } = await start();
    await orders.place(async () => {
      onCommit(() => {
        throw BOOM;
      });
      onCommit(() => log.push('second'));
    });
    expect(log).toEqual(['second']);
    expect(await shop.stored('order')).toBe('1');
  });

  it('belong to the transaction that a method takes part in, not to the one that is nearest', async () => {
    const { orders, stock } = await start();
    await orders.place(async () => {
      await stock.outside();
      expect(() => onCommit(() => {})).not.toThrow();
    });
    expect(() => onCommit(() => {})).toThrow(/outside of a method that carries/);
  });
});

describe('@Transactional: misuse', () => {
  it('a name that does not exist stops the boot, with the nearest one', async () => {
    @Injectable()
    class Wrong {
      @Transactional('order' as 'orders')
      async place(): Promise<void> {}
    }
    const error = await bootError(Wrong);
    expect(error).toBeInstanceOf(UnknownPoolError);
    expect(String(error)).toMatch(/Wrong\.place carries @Transactional\('order'\).*Did you mean 'orders'/);
  });

  it('a pool of something else is refused when it is used', async () => {
    @Injectable()
    class Wrong {
      @Transactional('cache' as 'orders')
      async place(): Promise<void> {}
    }
    made = await startShop(Wrong);
    await expect(made.app.get(Wrong).place()).rejects.toBeInstanceOf(PoolFaceError);
  });

  it('an object of no application is refused', async () => {
    const { orders } = await start();
    await made!.app.close();
    made = undefined;
    await expect(orders.place()).rejects.toMatchObject({ code: 'POOLING_MODULE_MISSING' });
  });

  it('two applications in one process each have their own pools', async () => {
    const { shop: first, orders } = await start();
    const other = await startShop(Orders, Stock);
    try {
      await other.app.get(Orders).place();
      expect(await first.stored('order')).toBeUndefined();
      expect(await other.stored('order')).toBe('1');
      const stranger = new Orders(orders.pool, orders.stock);
      // Of the class of both.
      await expect(stranger.place()).rejects.toMatchObject({ code: 'APPLICATION_AMBIGUOUS' });
    } finally {
      await other.app.close();
    }
  });

  it('wrong options are refused when the class is defined', () => {
    const define = (options: object) => () => {
      class Wrong {
        @Transactional('orders', options)
        async *place(): AsyncGenerator<void> {}
      }
      return Wrong;
    };
    expect(define({ propagation: 'always', timeout: 5 })).toThrow(/propagation.*required/s);
    expect(define({ timeout: 5 })).toThrow('timeout');
    expect(define({ retry: { attempts: 3 } })).toThrow('not possible for an iterator');
  });

  it('a property that holds a function is no method', () => {
    const define = (): unknown => {
      class Wrong {
        place = async (): Promise<void> => {};
      }
      Transactional('orders')(Wrong.prototype, 'place', undefined as never);
      return Wrong;
    };
    expect(define).toThrow(expect.objectContaining({ code: 'DECORATOR_MISPLACED' }));
  });
});
