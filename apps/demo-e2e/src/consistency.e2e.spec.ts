import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Demo } from './demo.js';
import { nodesOf, rowsOf } from './nodes.js';
import { say } from './say.js';
import { allActive, Counts, inParallel, newOrder, type Order } from './shop.js';
import { PATIENCE_MS, until } from './until.js';

const PAIRS = 200;

let demo: Demo;
beforeAll(async () => (demo = await Demo.open()), PATIENCE_MS);
afterAll(() => demo.close(), PATIENCE_MS);

/** Places an order and reads it at once, with the token of the answer. */
async function pair(n: number, reads: Counts): Promise<Order> {
  const write = await demo.post('/orders', newOrder(n));
  expect(write).toMatchObject({ status: 201, token: expect.any(String) });
  const order = write.body as Order;
  const read = await demo.get(`/orders/${order.id}`, write.token);
  reads.add(read.status === 200 ? read.node : `missed by ${read.node}`);
  expect(read.body).toEqual(order);
  return order;
}

describe('a client that has written', () => {
  it('sees it at once with the token of the answer, on whichever node', async () => {
    await allActive(demo);
    const reads = new Counts();
    await inParallel(PAIRS, 8, async (n) => void (await pair(n, reads)));
    say(`${PAIRS} orders, each read at once with its token: ${reads.text}`);
    expect(reads.text).not.toContain('missed');
  }, 120_000);

  it('sees it while a replica does not replay; others do not have to', async () => {
    const replica = (await nodesOf(demo)).find(({ node }) => node === 'replica-1')!;
    await rowsOf(replica.url, 'SELECT pg_wal_replay_pause()');
    await until('it was paused', async () => {
      const text = 'SELECT pg_get_wal_replay_pause_state() AS state';
      const [row] = await rowsOf<{ state: string }>(replica.url, text);
      return row!.state === 'paused' ? true : undefined;
    });
    const reads = new Counts();
    let last: Order | undefined;
    await inParallel(PAIRS, 4, async (n) => {
      last = await pair(n, reads);
    });
    const { value: stale } = await until('somebody without a token missed it', async () => {
      const answer = await demo.get(`/orders/${last!.id}`);
      return answer.status === 404 ? answer : undefined;
    });
    say(`replica-1 paused, with tokens: ${reads.text}; without one: ${stale.status} by ${stale.node}`);
    expect(reads.of(`orders.replica-1`)).toBe(0);
    expect(reads.of(`orders.replica-2`)).toBeGreaterThan(0);
    expect(stale.node).toBe('orders.replica-1');

    await rowsOf(replica.url, 'SELECT pg_wal_replay_resume()');
    await until('it had caught up', async () => {
      const answer = await demo.get(`/orders/${last!.id}`);
      return answer.node === 'orders.replica-1' && answer.status === 200 ? true : undefined;
    });
  }, 120_000);

  it('loses nothing but the guarantee with a token that is none', async () => {
    for (const token of ['nonsense', '1.AAAA.AAAA', 'x'.repeat(4_000)]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect((await demo.get('/orders/1', token)).status).toBe(200);
    }
  });
});
