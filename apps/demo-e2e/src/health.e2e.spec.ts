import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, Demo } from './demo.js';
import { say } from './say.js';
import { PATIENCE_MS, until } from './until.js';

/** What only a server, a driver or our own code would say. */
const INTERNALS =
  /ECONN|127\.0\.0\.1|postgres|terminat|FATAL|SELECT|INSERT|password|node_modules|\.[jt]s:|\bat \S+ \(/i;

let demo: Demo;
beforeAll(async () => (demo = await Demo.open()), PATIENCE_MS);
afterAll(() => demo.close(), PATIENCE_MS);

const status = async (path: string): Promise<number> => (await demo.get(path)).status;
const place = (): Promise<Answer> => demo.post('/orders', { sku: 'espresso', quantity: 1 });

describe('health around the death of the primary', () => {
  it('says that all is well at first', async () => {
    for (const path of ['live', 'ready', 'db', 'pools']) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect([path, await status(`/health/${path}`)]).toEqual([path, 200]);
    }
    expect((await demo.get('/health')).body.details).toMatchObject({
      orders: { status: 'up' },
      analytics: { status: 'up' },
      'orders-saturation': { status: 'up' },
      'orders-router': { status: 'up', primary: 'orders.primary', replicas: 2 },
      pricing: { status: 'up', state: 'closed' },
    });
    expect((await demo.get('/health/pools')).body).toMatchObject({
      overall: 'healthy',
      pools: { 'orders.primary': { healthy: true } },
    });
  });

  it('is not ready without the primary, alive all the time, and ready again when it is back', async () => {
    const lives: number[] = [];
    const becomes = async (ready: number): Promise<number> => {
      const { ms } = await until(`ready answered ${ready}`, async () => {
        lives.push(await status('/health/live'));
        return (await status('/health/ready')) === ready ? true : undefined;
      });
      return ms;
    };

    expect((await demo.post('/faults/primary/kill')).body).toMatchObject({ state: 'killed' });
    const downMs = await becomes(503);
    // The router hears of it by its next probe.
    const { value: pools } = await until('the pools were unhealthy', async () => {
      const answer = await demo.get('/health/pools');
      return answer.status === 503 ? answer : undefined;
    });
    const [ready, db] = [await demo.get('/health/ready'), await demo.get('/health/db')];
    const [write, read, revenue] = [
      await place(),
      await demo.get('/orders/1'),
      await demo.get('/analytics/revenue'),
    ];
    say(
      `primary killed: ready 503 after ${downMs} ms, db ${db.status}, pools ${pools.status} ${pools.body.overall}`,
    );
    say(`meanwhile a read: ${read.status} from ${read.node}; a write: ${write.status} ${write.text}`);
    expect([ready.status, db.status]).toEqual([503, 503]);
    expect(pools.body).toMatchObject({ overall: 'unhealthy' });
    expect(read.status).toBe(200);
    expect(read.node).toMatch(/^orders\.replica-[12]$/);
    expect(write.status).toBe(503);
    expect(Number(write.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    // In a database of another kind, which is well.
    expect(revenue.status).toBe(200);
    for (const { text } of [ready, db, pools, write]) expect(text).not.toMatch(INTERNALS);

    expect((await demo.post('/faults/primary/restart')).body).toMatchObject({ state: 'running' });
    const upMs = await becomes(200);
    const { value, ms } = await until('an order was placed', async () => {
      const answer = await place();
      return answer.status === 201 ? answer : undefined;
    });
    say(
      `primary back: ready 200 after ${upMs} ms, first order ${ms} ms later by ${value.node}, same process`,
    );
    expect(new Set(lives)).toEqual(new Set([200]));
    await until('all pools were healthy', async () =>
      (await demo.get('/health/pools')).body.overall === 'healthy' ? true : undefined,
    );
    expect(await status('/health/db')).toBe(200);
  }, 120_000);
});
