import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Demo } from './demo.js';
import { Load } from './load.js';
import { say } from './say.js';
import { allActive, placeOrders, type Order } from './shop.js';
import { PATIENCE_MS, until } from './until.js';

const LOOPS = 8;
const READS = 5_000;
const REPLICA = 'orders.replica-1';

let demo: Demo;
let orders: Order[];
beforeAll(async () => {
  demo = await Demo.open();
  orders = await placeOrders(demo, 100);
}, PATIENCE_MS * 2);
afterAll(() => demo.close(), PATIENCE_MS);

async function fault(action: string): Promise<void> {
  const answer = await demo.post(`/faults/replicas/1/${action}`);
  expect(answer.status).toBe(200);
}

describe('replica 1 under load', () => {
  it.each([
    ['kill', 'killed', 'restart'],
    ['freeze', 'frozen', 'thaw'],
  ])(
    'no read fails at a %s, and it serves again later',
    async (breaking, broken, mending) => {
      await allActive(demo);
      const load = new Load(demo, orders, LOOPS);
      await load.more(500);
      await fault(breaking);
      const before = load.nextPhase();
      await load.more(READS);
      const during = load.nextPhase();
      const pools = await demo.get('/health/pools');
      await fault(mending);
      load.nextPhase();
      const { ms } = await until('it served again', () => (load.phase.of(REPLICA) > 0 ? true : undefined));
      await load.stop();

      say(`${LOOPS} loops; before the ${breaking}: ${before.text}`);
      say(`${READS} reads while replica 1 was ${broken}: ${during.text}; failed: ${load.failures.length}`);
      say(
        `slowest of ${load.reads} reads: ${load.slowestMs} ms; ${ms} ms after the ${mending} it served again`,
      );
      expect(load.failures).toEqual([]);
      expect(before.of(REPLICA)).toBeGreaterThan(0);
      // Answers that were on their way when it broke may still come in.
      expect(during.of(REPLICA)).toBeLessThanOrEqual(LOOPS);
      expect(during.of('orders.replica-2')).toBeGreaterThan(0);
      expect(pools).toMatchObject({ status: 200, body: { overall: 'degraded' } });
      expect(pools.body.pools[REPLICA]).toMatchObject({ healthy: false });
    },
    120_000,
  );

  it('serves a single client again, too', async () => {
    await allActive(demo);
    await fault('kill');
    await until('replica 1 was out of rotation', async () => {
      const { body } = await demo.get('/health/pools');
      return body.pools[REPLICA].healthy ? undefined : true;
    });
    await fault('restart');
    const { ms } = await until('replica 1 served', async () => {
      const { status, node } = await demo.get(`/orders/${orders[0]!.id}`);
      expect(status).toBe(200);
      return node === REPLICA ? true : undefined;
    });
    say(`one client, one read at a time: ${ms} ms after the restart replica 1 served again`);
  }, 120_000);

  it('reads go to the primary when no replica is left', async () => {
    await Promise.all([fault('kill'), demo.post('/faults/replicas/2/kill')]);
    const { value } = await until('the primary served', async () => {
      const answer = await demo.get(`/orders/${orders[0]!.id}`);
      expect(answer.status).toBe(200);
      return answer.node === 'orders.primary' ? answer : undefined;
    });
    say(`both replicas killed: reads from ${value.node}`);
    expect(value.body).toEqual(orders[0]);
    await Promise.all([fault('restart'), demo.post('/faults/replicas/2/restart')]);
    await until('a replica served', async () => {
      const { node } = await demo.get(`/orders/${orders[0]!.id}`);
      return node === 'orders.primary' ? undefined : true;
    });
  }, 120_000);
});
