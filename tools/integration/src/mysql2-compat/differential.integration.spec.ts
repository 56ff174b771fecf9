import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startMariadbCluster, type MariadbCluster } from '@nest-pooling/services';
import { poolCases } from './cases.pool.fixture.js';
import { queryCases } from './cases.query.fixture.js';
import { CASE_TABLES } from './cases.tables.fixture.js';
import { Bench } from './compare.fixture.js';
import { direct, LIMIT_MS } from './faces.fixture.js';

/** What is told by both of the very same program is compared: whatever mysql2 does, ours does. */
describe('the same program on the pool of mysql2 and on ours', () => {
  let cluster: MariadbCluster;

  beforeAll(async () => {
    cluster = await startMariadbCluster({ replicas: 0 });
    await direct(cluster.primary.url, CASE_TABLES.join(';'));
  }, LIMIT_MS);

  afterAll(() => cluster.stop(), LIMIT_MS);

  const all = { ...queryCases, ...poolCases };
  const names = Object.keys(all);

  async function noted(kind: ConstructorParameters<typeof Bench>[0], name: string): Promise<unknown[]> {
    // An own counter in each run: what an INSERT tells is the same then.
    await direct(cluster.primary.url, 'TRUNCATE note');
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
      const theirs = await noted('mysql2', name);
      expect(theirs.length).toBeGreaterThan(0);
      expect(await noted('ours, exact', name)).toEqual(theirs);
      expect(await noted('ours', name)).toEqual(theirs);
    },
    LIMIT_MS,
  );
});
