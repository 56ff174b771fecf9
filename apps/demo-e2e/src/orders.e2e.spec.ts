import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Demo } from './demo.js';
import { nodesOf, totalsOn } from './nodes.js';
import { say } from './say.js';
import { allActive, Counts, disturbances, inParallel, placeOrders } from './shop.js';
import { PATIENCE_MS, until } from './until.js';

const ORDERS = 1_000;
const READS = 200;
const REPLICAS = ['orders.replica-1', 'orders.replica-2'] as const;

let demo: Demo;
beforeAll(async () => (demo = await Demo.open()), PATIENCE_MS);
afterAll(() => demo.close(), PATIENCE_MS);

/** The nodes of serial reads with a strategy, in order, from a time in which nothing disturbed the servers. */
async function nodesOfReads(strategy: string): Promise<string[]> {
  const { value } = await until(`${READS} reads were not disturbed`, async () => {
    await allActive(demo);
    const before = await disturbances(demo);
    const nodes: string[] = [];
    await inParallel(READS, 1, async () => {
      const { status, node } = await demo.get(`/orders?limit=1&strategy=${strategy}`);
      expect(status).toBe(200);
      nodes.push(String(node));
    });
    return (await disturbances(demo)) === before ? nodes : undefined;
  });
  return value;
}

function changesIn(nodes: readonly string[]): number {
  return nodes.filter((node, n) => n > 0 && node !== nodes[n - 1]).length;
}

function countsOf(nodes: readonly string[]): Counts {
  const counts = new Counts();
  for (const node of nodes) counts.add(node);
  return counts;
}

describe('orders', () => {
  it('are read back through the router, and every node has the same sum', async () => {
    const [writes, reads] = [new Counts(), new Counts()];
    const before = await totalsOn((await nodesOf(demo))[0]!.url);
    const orders = await placeOrders(demo, ORDERS, (write, read) => {
      writes.add(write.node);
      reads.add(read.node);
      expect(read.status).toBe(200);
      expect(read.body).toEqual(write.body);
    });
    say(`${ORDERS} orders posted, written by: ${writes.text}; each read back, from: ${reads.text}`);
    expect(writes.of('orders.primary')).toBe(ORDERS);
    for (const replica of REPLICAS) expect(reads.of(replica)).toBeGreaterThan(0);

    const expected = {
      count: before.count + ORDERS,
      sumCents: before.sumCents + orders.reduce((sum, { totalCents }) => sum + totalCents, 0),
    };
    for (const { node, url } of await nodesOf(demo)) {
      // oxlint-disable-next-line no-await-in-loop -- for the order of the lines
      const { value } = await until(`${node} had all orders`, async () => {
        const totals = await totalsOn(url);
        return totals.count >= expected.count ? totals : undefined;
      });
      say(`${node.padEnd(9)} has ${value.count} orders, sum ${value.sumCents} cents`);
      expect(value).toEqual(expected);
    }
    expect((await demo.get('/orders')).body).toMatchObject(expected);
    expect((await demo.get('/analytics/revenue')).body).toMatchObject({
      orders: expected.count,
      revenueCents: expected.sumCents,
    });
  }, 120_000);

  it('are read in turn with round-robin', async () => {
    const nodes = await nodesOfReads('round-robin');
    say(`${READS} reads, round-robin:  ${countsOf(nodes).text}; the node changed ${changesIn(nodes)} times`);
    expect(changesIn(nodes)).toBe(READS - 1);
  }, 120_000);

  it('are read by chance with random', async () => {
    const nodes = await nodesOfReads('random');
    say(`${READS} reads, random:       ${countsOf(nodes).text}; the node changed ${changesIn(nodes)} times`);
    // Fair dice leave these bounds once in 10^12 runs.
    for (const replica of REPLICAS) expect(countsOf(nodes).of(replica)).toBeGreaterThan(READS / 4);
    expect(changesIn(nodes)).toBeLessThan(READS * 0.75);
  }, 120_000);

  it('are read where the queue is shortest with least-loaded, in turn where all are equal', async () => {
    const nodes = await nodesOfReads('least-loaded');
    say(`${READS} reads, least-loaded: ${countsOf(nodes).text}; the node changed ${changesIn(nodes)} times`);
    for (const replica of REPLICAS) expect(countsOf(nodes).of(replica)).toBe(READS / 2);
  }, 120_000);

  it('are read by both replicas when nobody names a strategy', async () => {
    const counts = new Counts();
    await allActive(demo);
    await inParallel(READS, 8, async () => counts.add((await demo.get('/orders?limit=1')).node));
    say(`${READS} reads, 8 at a time, no strategy named: ${counts.text}`);
    for (const replica of REPLICAS) expect(counts.of(replica)).toBeGreaterThan(0);
    expect(counts.of(REPLICAS[0]) + counts.of(REPLICAS[1])).toBe(READS);
  }, 120_000);

  it('are placed together or not at all', async () => {
    const [primary] = await nodesOf(demo);
    const before = await totalsOn(primary!.url);
    const good = { sku: 'espresso', quantity: 2 };
    const bad = await demo.post('/orders/batch', [good, { sku: 'no-such-thing', quantity: 1 }, good]);
    expect(bad.status).toBe(400);
    expect(bad.body).toMatchObject({ message: ["orders.1.sku: there is no product 'no-such-thing'"] });
    expect(await totalsOn(primary!.url)).toEqual(before);

    const placed = await demo.post('/orders/batch', { orders: [good, { sku: 'filter', quantity: 1 }] });
    say(
      `batch with a bad item: ${bad.status}, nothing written; good batch: ${placed.status} by ${placed.node}`,
    );
    expect(placed).toMatchObject({
      status: 201,
      node: 'orders.primary',
      body: { count: 2, totalCents: 770 },
    });
    const after = { count: before.count + 2, sumCents: before.sumCents + 770 };
    expect(await totalsOn(primary!.url)).toEqual(after);
  });
});
