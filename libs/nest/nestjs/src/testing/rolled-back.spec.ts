import { afterEach, describe, expect, it } from '@jest/globals';
import { inTransaction } from '@nest-pooling/sql';
import type { Shop } from '../method/method.fixture.js';
import { BOOM, log, start, type Orders } from '../method/orders.fixture.js';
import { onCommit, onRollback } from '../index.js';
import { rolledBack } from './index.js';

let shop: Shop | undefined;

async function begin(): Promise<{ shop: Shop; orders: Orders }> {
  const started = await start();
  ({ shop } = started);
  return started;
}

afterEach(async () => {
  await shop?.app.close();
  shop = undefined;
});

describe('rolledBack', () => {
  it('gives what the test gave, and leaves nothing in the database', async () => {
    const { shop: own, orders } = await begin();
    const seen = await rolledBack(own.orders, async () => {
      await orders.place();
      const { rows } = await own.orders.query<{ value: string }>('select order');
      return [rows[0]?.value, inTransaction(own.orders)];
    });
    expect(seen).toEqual(['1', true]);
    expect(own.said.filter((text) => /^(begin|commit|rollback)/i.test(text))).toEqual(['BEGIN', 'ROLLBACK']);
    expect(await own.stored('order')).toBeUndefined();
    expect(inTransaction(own.orders)).toBe(false);
  });

  it('fails as the test fails', async () => {
    const { shop: own, orders } = await begin();
    const failing = rolledBack(own.orders, async () => {
      await orders.place();
      throw BOOM;
    });
    await expect(failing).rejects.toBe(BOOM);
    expect(await own.stored('order')).toBeUndefined();
  });

  it('accepts hooks: those of a commit never run, those of a rollback run at the end', async () => {
    const { shop: own, orders } = await begin();
    const place = () =>
      orders.place(async () => {
        onCommit(() => log.push('committed'));
        onRollback(() => log.push('rolled back'));
        log.push('placed');
      });
    await rolledBack(own.orders, async () => {
      await place();
      expect(log).toEqual(['placed']);
    });
    expect(log).toEqual(['placed', 'rolled back']);
  });

  it('nests in a transaction that is there, which goes on', async () => {
    const { shop: own } = await begin();
    await own.orders.transaction(async () => {
      await own.orders.query('insert kept 1');
      await rolledBack(own.orders, () => own.orders.query('insert gone 1'));
    });
    expect(await own.stored('kept')).toBe('1');
    expect(await own.stored('gone')).toBeUndefined();
  });

  it('does not hold what asks for a transaction of its own', async () => {
    const { shop: own, orders } = await begin();
    await rolledBack(own.orders, () => orders.stock.audit('1'));
    expect(await own.stored('audit')).toBe('1');
  });
});
