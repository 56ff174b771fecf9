import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import { sqlConformance, type SqlHarness } from '@nest-pooling/sql/testing';
import { postgresHarness } from './conformance.fixture.js';

const PATIENCE_MS = 120_000;

let cluster: PostgresCluster;
beforeAll(async () => (cluster = await startPostgresCluster({ replicas: 0 })), PATIENCE_MS);
afterAll(() => cluster?.stop());

// The server is not there yet when the cases are listed: what differs from the real harness is its address alone.
const late = postgresHarness('');
const harness: SqlHarness = {
  ...late,
  open: (options) => postgresHarness(cluster.primary.url).open(options),
  kill: { ...late.kill!, end: (id) => postgresHarness(cluster.primary.url).kill!.end(id) },
};

describe('every SqlPool, on Postgres', () => {
  const cases = sqlConformance(harness);

  it.each([...cases])('$name', async ({ run }) => expect(await run()).toBeUndefined(), PATIENCE_MS);

  it('leaves no case out', () => {
    expect(cases.filter(({ skipped }) => skipped !== undefined)).toEqual([]);
  });
});
