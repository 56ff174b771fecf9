import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { onCommit, onRollback } from '../index.js';
import { BOOM, log, start } from './orders.fixture.js';

let made: Awaited<ReturnType<typeof start>>;
beforeEach(async () => {
  made = await start();
});
afterEach(() => made.shop.app.close());

describe('onCommit and onRollback', () => {
  it('run after the end of the outermost transaction', async () => {
    const { shop, orders, stock } = made;
    await orders.place(async () => {
      onCommit(async () => log.push(`committed ${await shop.stored('order')}`));
      onRollback(() => log.push('rolled back'));
      await stock.attempt('bad').catch(() => {});
      await stock.attempt('good');
      log.push('done');
    });
    expect(log).toEqual(['part rolled back', 'done', 'committed 1', 'part committed']);
    log.length = 0;
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
    const { shop, orders } = made;
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
    const { orders, stock } = made;
    await orders.place(async () => {
      await stock.outside();
      expect(() => onCommit(() => {})).not.toThrow();
    });
    expect(() => onCommit(() => {})).toThrow(/outside of a method that carries/);
  });
});
