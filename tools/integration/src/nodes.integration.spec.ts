import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { postgresReplica } from '@nest-pooling/postgres';
import { Readers, realShop, routerOver, until, type RealShop } from './shop.fixture.js';

jest.setTimeout(120_000);

describe('nodes of a real cluster', () => {
  let shop: RealShop;
  beforeAll(async () => {
    shop = await realShop();
  }, 120_000);
  afterAll(() => shop?.stop(), 60_000);

  it('are added, taken out, put back and removed under load, and no read fails', async () => {
    const [first, second] = shop.cluster.replicas;
    const router = routerOver(shop.cluster, { replicas: [{ url: first!.url }] });
    await router.start();
    const readers = new Readers(router);
    const serves = (id: string): Promise<void> => {
      const before = readers.ok[id] ?? 0;
      return until(`${id} serves`, () => (readers.ok[id] ?? 0) > before + 200);
    };
    await serves('shop.replica-1');
    await router.addReplica(postgresReplica('shop.second', { url: second!.url, weight: 2 }));
    await serves('shop.second');
    const putBack = router.takeOut('shop.replica-1', 'a new kernel');
    await until('nothing runs there', () => router.nodes()[1]!.load === 0);
    const still = readers.ok['shop.replica-1'];
    await serves('shop.second');
    expect(readers.ok['shop.replica-1']).toBe(still);
    putBack();
    await serves('shop.replica-1');
    await router.removeNode('shop.replica-1');
    await serves('shop.second');
    await readers.stop();
    expect(readers.failed).toEqual([]);
    expect(router.nodes().map(({ id }) => id)).toEqual(['shop.primary', 'shop.second']);
    await router.close();
    expect(() => postgresReplica('x', { url: second!.url, weigth: 1 } as never)).toThrow(
      /did you mean weight/,
    );
  });
});
