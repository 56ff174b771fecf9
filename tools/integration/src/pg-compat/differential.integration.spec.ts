import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import { clientCases } from './cases.client.fixture.js';
import { lifeCases } from './cases.life.fixture.js';
import { queryCases } from './cases.query.fixture.js';
import { Bench } from './compare.fixture.js';

/** For starting and stopping servers. */
const LIMIT_MS = 60_000;

/** What is told by both of the very same program is compared: whatever pg.Pool does, ours does. */
describe('the same program on pg.Pool and on ours', () => {
  let cluster: PostgresCluster;

  beforeAll(async () => {
    cluster = await startPostgresCluster({ replicas: 0 });
  }, LIMIT_MS);

  afterAll(() => cluster.stop(), LIMIT_MS);

  const all = { ...queryCases, ...clientCases, ...lifeCases };
  const names = Object.keys(all);

  async function noted(kind: ConstructorParameters<typeof Bench>[0], name: string): Promise<unknown[]> {
    const bench = new Bench(kind, cluster.primary.url);
    try {
      await all[name]!(bench);
      return bench.noted;
    } finally {
      await bench.close();
    }
  }

  test.each(names)(
    '%s',
    async (name) => {
      const theirs = await noted('pg', name);
      expect(theirs.length).toBeGreaterThan(0);
      expect(await noted('ours, exact', name)).toEqual(theirs);
      expect(await noted('ours', name)).toEqual(theirs);
    },
    LIMIT_MS,
  );
});
