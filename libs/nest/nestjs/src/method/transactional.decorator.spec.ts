import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inTransaction } from '@nest-pooling/sql';
import { firstValueFrom, lastValueFrom, map, toArray } from 'rxjs';
import { BOOM, start } from './orders.fixture.js';

let made: Awaited<ReturnType<typeof start>>;
beforeEach(async () => {
  made = await start();
});
afterEach(() => made.shop.app.close());

describe('@Transactional', () => {
  it('commits what a method and those that it calls did, and answers after that', async () => {
    const { shop, orders } = made;
    expect(await orders.place(({ stock }) => stock.take('5'))).toBe(true);
    expect(await shop.stored('order')).toBe('1');
    expect(await shop.stored('stock')).toBe('5');
    expect(shop.said.filter((text) => /^begin$/i.test(text))).toHaveLength(1);
  });

  it('rolls it back, with the error of the method', async () => {
    const { shop, orders } = made;
    const failing = orders.place(async ({ stock }) => {
      await stock.take('5');
      throw BOOM;
    });
    await expect(failing).rejects.toBe(BOOM);
    expect(await shop.stored('order')).toBeUndefined();
    expect(await shop.stored('stock')).toBeUndefined();
  });

  it('requires-new stands for itself', async () => {
    const { shop, orders } = made;
    const failing = orders.place(async ({ stock }) => {
      await stock.audit('tried');
      throw BOOM;
    });
    await expect(failing).rejects.toBe(BOOM);
    expect(await shop.stored('audit')).toBe('tried');
    expect(await shop.stored('order')).toBeUndefined();
  });

  it('nested can fail alone', async () => {
    const { shop, orders, stock } = made;
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
    const { orders, stock } = made;
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
    const { shop, orders } = made;
    expect(await lastValueFrom(orders.watch(false).pipe(toArray()))).toEqual(['1', '2', '3']);
    expect(await shop.stored('watched')).toBe('2');
    await shop.orders.query('update watched 0');
    await expect(lastValueFrom(orders.watch(true))).rejects.toBe(BOOM);
    expect(await shop.stored('watched')).toBe('0');
  });

  it('what is done with the values of an observable is outside', async () => {
    const { shop, orders } = made;
    const within = orders.watch(false).pipe(map(() => inTransaction(shop.orders)));
    expect(await lastValueFrom(within)).toBe(false);
  });

  it('is rolled back when nobody listens to an observable any more', async () => {
    const { shop, orders } = made;
    expect(await firstValueFrom(orders.watch(false))).toBe('1');
    while (!shop.said.some((text) => /^rollback$/i.test(text))) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(await shop.stored('watched')).toBeUndefined();
  });

  it('lasts as long as an async generator, and is rolled back when that is left', async () => {
    const { shop, orders } = made;
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

  it('is rolled back when a generator is left that waits for its next value', async () => {
    const { shop, orders } = made;
    const events = orders.events();
    expect(await events.next()).toEqual({ value: 'begun', done: false });
    void events.next();
    void events.return(undefined);
    while (!shop.said.some((text) => /^rollback$/i.test(text))) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(await shop.stored('event')).toBeUndefined();
  });

  it('refuses an observable that was not declared', async () => {
    const { orders } = made;
    await expect(orders.undeclared()).rejects.toMatchObject({ code: 'OBSERVABLE_UNDECLARED' });
  });
});
