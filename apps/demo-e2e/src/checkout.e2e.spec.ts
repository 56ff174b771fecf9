import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Demo } from './demo.js';
import { nodesOf, rowsOf, totalsOn } from './nodes.js';
import { say } from './say.js';
import { Counts, inParallel } from './shop.js';
import { PATIENCE_MS, until } from './until.js';

const SALES = 30;
const UNITS = 1_000;

let demo: Demo;
let primary: string;
beforeAll(async () => {
  demo = await Demo.open();
  primary = (await nodesOf(demo)).find(({ role }) => role === 'primary')!.url;
}, PATIENCE_MS);
afterAll(() => demo.close(), PATIENCE_MS);

const stockOf = async (sku: string): Promise<number> => {
  const [row] = await rowsOf<{ units: number }>(primary, `SELECT units FROM stock WHERE sku = '${sku}'`);
  return row!.units;
};

describe('a transaction over several services', () => {
  it('takes the goods and places the order, or does neither', async () => {
    const before = await totalsOn(primary);
    const sold = await demo.post('/checkout', { sku: 'filter', quantity: 3 });
    expect(sold).toMatchObject({
      status: 201,
      node: 'orders.primary',
      body: { quantity: 3, left: UNITS - 3 },
    });
    const short = await demo.post('/checkout', { sku: 'filter', quantity: 998 });
    expect(short).toMatchObject({ status: 409, body: { message: "There are not 998 of 'filter'." } });
    expect(await stockOf('filter')).toBe(UNITS - 3);
    expect((await totalsOn(primary)).count).toBe(before.count + 1);
  });

  it('begins anew when another one wants the same goods, and writes receipts of what stands', async () => {
    const ordersBefore = (await totalsOn(primary)).count;
    const revenueBefore = (await demo.get('/analytics/revenue')).body.orders as number;
    const statuses = new Counts();
    await inParallel(SALES, 6, async () => {
      // Where five attempts are not enough the client is told that the same request may succeed: 409.
      const { value } = await until('it was sold', async () => {
        const answer = await demo.post('/checkout', { sku: 'espresso', quantity: 2 });
        statuses.add(String(answer.status));
        return answer.status === 409 ? undefined : answer;
      });
      expect(value.status).toBe(201);
    });
    const left = await stockOf('espresso');
    say(
      `${SALES} sales of the same goods, 6 at a time: ${statuses.text}; ${UNITS - left} units left the store`,
    );
    expect(left).toBe(UNITS - 2 * SALES);
    expect((await totalsOn(primary)).count).toBe(ordersBefore + SALES);
    // Counted after the commit, in another database.
    const revenue = await until('all were counted', async () => {
      const { body } = await demo.get('/analytics/revenue');
      return body.orders === revenueBefore + SALES ? (body.orders as number) : undefined;
    });
    expect(revenue.value).toBe(revenueBefore + SALES);
  }, 120_000);
});

describe('a session per request', () => {
  it('is committed as a whole', async () => {
    const lines = [
      { sku: 'croissant', units: 5 },
      { sku: 'beans-1kg', units: 7 },
    ];
    const answer = await demo.post('/stock/deliveries', lines);
    expect(answer).toMatchObject({ status: 200, body: [{ units: UNITS + 5 }, { units: UNITS + 7 }] });
    expect([await stockOf('croissant'), await stockOf('beans-1kg')]).toEqual([UNITS + 5, UNITS + 7]);
  });

  it('is rolled back as a whole', async () => {
    const lines = [
      { sku: 'cappuccino', units: 5 },
      { sku: 'tea', units: 1 },
    ];
    const answer = await demo.post('/stock/deliveries', lines);
    expect(answer).toMatchObject({ status: 400, body: { message: ["1.sku: there is no product 'tea'"] } });
    expect(await stockOf('cappuccino')).toBe(UNITS);
  });
});

describe('the resource scope', () => {
  it('ends the file of the receipts at shutdown, when all are written', async () => {
    demo.kill('SIGTERM');
    expect(await demo.ended()).toBe(0);
    expect(demo.output).toContain(`Receipts written: ${SALES + 1}\n`);
  }, 120_000);
});
