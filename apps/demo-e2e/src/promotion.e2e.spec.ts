import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, Demo } from './demo.js';
import { Load } from './load.js';
import { nodesOf, totalsOn, type NodeInfo } from './nodes.js';
import { say } from './say.js';
import { allActive, Counts, inParallel, newOrder, placeOrders, type Order } from './shop.js';
import { PATIENCE_MS, until } from './until.js';

const WRITES = 40;

let demo: Demo;
let orders: Order[];
beforeAll(async () => {
  demo = await Demo.open();
  orders = await placeOrders(demo, 50);
}, PATIENCE_MS * 2);
afterAll(() => demo.close(), PATIENCE_MS);

const node = async (name: string): Promise<NodeInfo> =>
  (await nodesOf(demo)).find((one) => one.node === name)!;

async function fault(path: string): Promise<NodeInfo> {
  const answer = await demo.post(`/faults/${path}`);
  expect([answer.status, answer.text]).toEqual([200, expect.anything()]);
  return answer.body as NodeInfo;
}

/** Who takes writes, as `GET /health/pools` shows it. */
async function takers(): Promise<string[]> {
  const { pools } = (await demo.get('/health/pools')).body as {
    pools: Record<string, { takesWrites?: boolean }>;
  };
  return Object.keys(pools).filter((id) => pools[id]!.takesWrites === true);
}

/** Promotes replica 1, or the other one when that has received more. */
async function promoted(): Promise<NodeInfo> {
  const first = await demo.post('/faults/replicas/1/promote');
  if (first.status !== 409) return first.body as NodeInfo;
  expect(first.text).toContain('replica-2 has received more than replica-1');
  return fault('replicas/2/promote');
}

/** Places an order, again for as long as the answer is that nothing was sent. */
async function place(n: number, tries: Counts): Promise<Answer> {
  const { value } = await until(`order ${n} was placed`, async () => {
    const answer = await demo.post('/orders', newOrder(n));
    if (answer.status === 201) return answer;
    expect(answer).toMatchObject({ status: 503, body: { code: 'ROUTING_PRIMARY_UNAVAILABLE' } });
    tries.add('refused');
    return undefined;
  });
  return value;
}

describe('a primary that dies', () => {
  it('is replaced by a promoted replica: no read fails, and every write that waited is there, once', async () => {
    await allActive(demo);
    const before = await totalsOn((await node('primary')).url);
    const load = new Load(demo, orders, 4);
    await load.more(100);
    expect(await takers()).toEqual(['orders.primary']);
    expect(await fault('primary/kill')).toMatchObject({ state: 'killed', role: 'primary' });
    expect((await demo.post('/faults/primary/promote')).status).toBe(409);
    const tries = new Counts();
    const [writers, placed] = [new Counts(), [] as Order[]];
    const writing = inParallel(WRITES, WRITES, async (n) => {
      const answer = await place(n, tries);
      writers.add(answer.node);
      placed.push(answer.body as Order);
    });
    const { node: name, role, url } = await promoted();
    const began = performance.now();
    await writing;
    const ms = Math.round(performance.now() - began);
    say(`${WRITES} writes without a primary: ${writers.text}, the last ${ms} ms after the promotion`);
    say(`${name} was promoted; refused since the wait was over, and sent again: ${tries.of('refused')}`);
    await load.more(100);
    await load.stop();
    say(`${load.reads} reads meanwhile: ${load.phase.text}; failed: ${load.failures.length}`);

    expect(role).toBe('primary');
    expect(load.failures).toEqual([]);
    expect(writers.text).toBe(`orders.${name} ${WRITES}`);
    expect(await totalsOn(url)).toEqual({
      count: before.count + WRITES,
      sumCents: before.sumCents + placed.reduce((sum, { totalCents }) => sum + totalCents, 0),
    });
    expect(await takers()).toEqual([`orders.${name}`]);
    expect((await demo.get('/health/ready')).status).toBe(200);
    expect((await demo.get('/health/pools')).body).toMatchObject({
      overall: 'degraded',
      pools: { 'orders.primary': { healthy: false, takesWrites: false } },
    });
  }, 180_000);

  it('comes back as a standby, which serves reads, and may be promoted in turn', async () => {
    expect(await fault('primary/restart')).toMatchObject({ state: 'running', role: 'replica' });
    await allActive(demo);
    const { value } = await until('it served a read', async () => {
      const answer = await demo.get(`/orders/${orders[0]!.id}`);
      expect(answer.status).toBe(200);
      return answer.node === 'orders.primary' ? answer : undefined;
    });
    expect(value.body).toEqual(orders[0]);
    const [taker] = await takers();
    const expected = await totalsOn((await node(taker!.replace('orders.', ''))).url);
    const { url } = await node('primary');
    await until('it had all orders', async () =>
      (await totalsOn(url)).count === expected.count ? true : undefined,
    );
    expect(await totalsOn(url)).toEqual(expected);

    await fault(taker === 'orders.replica-1' ? 'replicas/1/kill' : 'replicas/2/kill');
    const back = await demo.post('/faults/primary/promote');
    const successor = back.status === 200 ? 'orders.primary' : (await promoted()).node;
    const { node: writer } = await place(0, new Counts());
    say(`${taker} killed in turn: the next write by ${writer}`);
    expect(writer).toContain(successor);
  }, 180_000);
});
