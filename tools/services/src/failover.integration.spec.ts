import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PostgresCluster } from './postgres-cluster.js';
import type { PostgresNode } from './postgres-node.js';
import { sql } from './sql.js';
import { startPostgresCluster } from './start-cluster.js';

const count = async (node: PostgresNode, table: string) => {
  const [row] = await sql<{ n: number }>(node, `SELECT count(*)::int AS n FROM ${table}`);
  return row?.n;
};

/** Adds rows to a table of one column. */
const write = (node: PostgresNode, table: string, rows = 1) =>
  sql(node, `INSERT INTO ${table} SELECT generate_series(1, $1::int)`, [rows]);

describe('when a primary is replaced', () => {
  let cluster: PostgresCluster;
  let primary: PostgresNode;
  let first: PostgresNode;
  let second: PostgresNode;

  beforeAll(async () => {
    cluster = await startPostgresCluster({ settings: { autovacuum: false } });
    [primary, first, second] = [
      cluster.node('primary'),
      cluster.node('replica-1'),
      cluster.node('replica-2'),
    ];
    await sql(primary, 'CREATE TABLE seen (i int)');
  }, 120_000);

  afterAll(async () => {
    await cluster.stop();
  }, 60_000);

  it('fails over: promotes, repoints, and takes the killed primary back as a standby', async () => {
    await cluster.waitForReplication();
    await primary.kill();
    expect(await cluster.mostAdvanced(first)).toBe(first);
    await first.promote();
    expect(cluster.primary).toBe(first);
    expect(await first.role(20_000)).toBe('primary');
    expect((await cluster.repoint()).map((node) => node.name)).toEqual(['primary', 'replica-2']);
    await write(first, 'seen');
    await primary.start();
    expect(await primary.role(20_000)).toBe('replica');
    await cluster.waitForStreaming(30_000);
    await cluster.waitForReplication();
    expect(await count(primary, 'seen')).toBe(await count(first, 'seen'));
    await expect(first.promote()).rejects.toMatchObject({ code: 'SERVICES_STATE' });
    const slots = await sql<{ name: string }>(
      first,
      'SELECT slot_name AS name FROM pg_replication_slots ORDER BY 1',
    );
    expect(slots.map((slot) => slot.name)).toEqual(['primary', 'replica_2']);
  }, 120_000);

  it('rebuilds a node that has diverged', async () => {
    // The present primary writes what nobody else gets.
    await Promise.all([primary.stop(), second.stop()]);
    await write(first, 'seen', 10_000);
    await first.kill();
    await primary.start();
    await primary.promote();
    await first.rebuild();
    await second.rebuild();
    expect(await first.role(20_000)).toBe('replica');
    await write(primary, 'seen');
    await cluster.waitForReplication();
    expect(await count(first, 'seen')).toBe(await count(primary, 'seen'));
    await expect(primary.follow(first)).rejects.toThrow('running primary');
    await expect(primary.rebuild(primary)).rejects.toMatchObject({ code: 'SERVICES_STATE' });
  }, 120_000);

  it('knows the replica to promote, and rebuilds the one that cannot follow', async () => {
    // Now first and second follow the node "primary"; the second misses what comes, and the first gets it.
    await cluster.waitForReplication();
    await second.stop();
    await write(primary, 'seen', 10_000);
    await cluster.waitForReplication();
    await primary.kill();
    await second.start();
    expect(await cluster.mostAdvanced()).toBe(first);
    expect(await cluster.mostAdvanced(second)).toBe(first);
    // The wrong one is promoted, so that the other is ahead of it.
    await second.promote();
    await expect(first.follow(second)).rejects.toMatchObject({ code: 'SERVICES_STATE', node: 'replica-1' });
    const followers = await cluster.repoint(second, { rebuild: true });
    expect(followers.map((node) => node.name)).toEqual(['primary', 'replica-1']);
    await primary.rebuild();
    await write(second, 'seen');
    await cluster.waitForReplication();
    expect(await count(first, 'seen')).toBe(await count(second, 'seen'));
    expect(await count(primary, 'seen')).toBe(await count(second, 'seen'));
  }, 120_000);
});
