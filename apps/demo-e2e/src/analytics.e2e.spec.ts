import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mariadbAvailable } from '@nest-pooling/services';
import { Demo } from './demo.js';
import { say } from './say.js';
import { inParallel, placeOrders } from './shop.js';
import { PATIENCE_MS } from './until.js';

const ORDERS = 200;

interface Revenue {
  readonly store: string;
  readonly orders: number;
  readonly revenueCents: number;
  readonly days: readonly { readonly day: string; readonly orders: number; readonly revenueCents: number }[];
}

const mariadb = await mariadbAvailable();
const USUAL = mariadb.available ? 'MariaDB' : 'SQLite';
const NO_SERVER = '/no/such/mariadbd';
const NO_WARNING = '(no warning)';
const WARNING = 'No MariaDB could be started, so the analytics are in SQLite: ';

describe.each<[string, NodeJS.ProcessEnv, Revenue['store'], string | undefined]>([
  ['as they usually are', {}, USUAL, mariadb.available ? undefined : mariadb.reason],
  ['that are to be in SQLite', { DEMO_ANALYTICS: 'sqlite' }, 'SQLite', undefined],
  ['without a server to start', { MARIADBD: NO_SERVER }, 'SQLite', `MARIADBD names ${NO_SERVER}`],
])('analytics %s', (_, env, store, reason) => {
  let demo: Demo;
  beforeAll(async () => (demo = await Demo.open(env)), PATIENCE_MS);
  afterAll(() => demo.close(), PATIENCE_MS);

  const revenue = async (): Promise<{ node: string | null; body: Revenue }> => {
    const { status, node, body } = await demo.get('/analytics/revenue');
    expect(status).toBe(200);
    return { node, body: body as Revenue };
  };

  it('are in a database of their own, which the demo names', async () => {
    const { node, body } = await revenue();
    say(`analytics: ${body.store}, read on ${node}`);
    expect(body.store).toBe(store);
    expect(demo.output).toMatch(new RegExp(`^  ${store} +analytics, in `, 'm'));
    // And why it is not the one that was wanted.
    const said = demo.output.includes(WARNING) ? demo.output : NO_WARNING;
    expect(said).toContain(reason === undefined ? NO_WARNING : WARNING + reason);
    expect(node).toMatch(/^analytics\./);
    expect((await demo.get('/health/pools')).body.pools).toHaveProperty([node!]);
  });

  it('count every order once, whatever is placed at the same time', async () => {
    const { body: before } = await revenue();
    let seen = before.orders;
    const reading = inParallel(ORDERS, 1, async () => {
      const { body } = await revenue();
      // What was counted is there for every reader from then on.
      expect(body.orders).toBeGreaterThanOrEqual(seen);
      seen = body.orders;
    });
    const orders = await placeOrders(demo, ORDERS, () => {});
    await reading;
    const { body: after } = await revenue();
    const cents = orders.reduce((sum, { totalCents }) => sum + totalCents, 0);
    say(`${ORDERS} orders placed: analytics count ${after.orders - before.orders} more, and ${cents} cents`);
    expect(after).toMatchObject({
      orders: before.orders + ORDERS,
      revenueCents: before.revenueCents + cents,
    });
  }, 120_000);
});
