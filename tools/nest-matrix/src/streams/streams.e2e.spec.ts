import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { PoolRegistry } from '@nest-pooling/nestjs';
import type { PostgresCluster } from '@nest-pooling/services';
import { Journal } from '../shop/orders.fixture.js';
import { busySessions, count, startWorld, until } from '../shop/world.fixture.js';
import { serverSent } from './server-sent.fixture.js';
import type { StreamingConnection } from './streaming.fixture.js';
import { subscriptions } from './subscription.fixture.js';

jest.setTimeout(120_000);

let cluster: PostgresCluster;
beforeAll(async () => {
  cluster = await startWorld();
});
afterAll(() => cluster?.stop());

let ids = 0;

describe.each([...serverSent, ...subscriptions].map((streaming) => [streaming.name, streaming] as const))(
  'a transaction that lasts as long as %s',
  (_, streaming) => {
    let connection: StreamingConnection;
    beforeAll(async () => {
      connection = await streaming.start(cluster);
    });
    afterAll(() => connection?.close());

    const journal = (): string[] => connection.app.get(Journal).lines;
    const inUse = (): number => {
      const pools = Object.values(connection.app.get(PoolRegistry).report().pools);
      return pools.reduce((sum, pool) => sum + pool.inUse, 0);
    };

    it('is committed before the end is told', async () => {
      const id = `stream${++ids}`;
      const values: string[] = [];
      await new Promise<void>((end) => {
        connection.listen(id, false, { value: (value) => void values.push(value), end });
      });
      expect(await count(cluster, 'placed', id)).toBe(1);
      expect([values, journal().splice(0)]).toEqual([[id], [`${id} committed: 1`]]);
    });

    it('is rolled back when its client leaves before the end', async () => {
      const id = `stream${++ids}`;
      let leave!: () => void;
      const first = await new Promise<string>((value) => {
        leave = connection.listen(id, true, { value, end: () => {} });
      });
      expect([first, await count(cluster, 'placed', id), inUse()]).toEqual([id, 0, 1]);
      leave();
      await until('it is rolled back', () => journal().includes(`${id} rolled back`));
      await until('its session is back', () => inUse() === 0);
      await until('no transaction is open', async () => (await busySessions(cluster)) === 0);
      expect(await count(cluster, 'placed', id)).toBe(0);
      journal().length = 0;
    });
  },
);
