import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { PoolFaceError, Transactional, UnknownPoolError } from '../index.js';
import { bootError, startShop } from './method.fixture.js';
import { Orders, start, Stock } from './orders.fixture.js';

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
    const { app } = await startShop(Wrong);
    await expect(app.get(Wrong).place()).rejects.toBeInstanceOf(PoolFaceError);
    await app.close();
  });

  it('an object of no application is refused', async () => {
    const { orders, shop } = await start();
    await shop.app.close();
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
      await first.app.close();
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
