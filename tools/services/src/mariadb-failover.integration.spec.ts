import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MariadbCluster } from './mariadb-cluster.js';
import type { MariadbNode } from './mariadb-node.js';
import { slaveStatus } from './mariadb-replication.js';
import { mariadbSql, withMariadb } from './mariadb-sql.js';
import { startMariadbCluster } from './start-mariadb.js';
import { until } from './wait.js';

const LONG = 60_000;

const inApp = { database: 'app' };

const count = async (node: MariadbNode) => {
  const [row] = await mariadbSql<{ n: number }>(node, 'SELECT count(*) AS n FROM seen', [], inApp);
  return row?.n;
};

const write = (node: MariadbNode, value = 1) =>
  mariadbSql(node, 'INSERT INTO seen VALUES (?)', [value], inApp);

/** Resolves when a replica has received everything that the other has committed. */
const untilReceived = async (node: MariadbNode, from: MariadbNode) => {
  const [row] = await mariadbSql<{ gtid: string }>(from, 'SELECT @@GLOBAL.gtid_binlog_pos AS gtid');
  await withMariadb(node, (run) =>
    until(async () => (await slaveStatus(run))?.Gtid_IO_Pos === row?.gtid, {
      timeoutMs: LONG,
      what: `it had received ${row?.gtid}`,
      node: node.name,
    }),
  );
};

describe('when a MariaDB primary is replaced', () => {
  let cluster: MariadbCluster;
  let primary: MariadbNode;
  let first: MariadbNode;
  let second: MariadbNode;

  beforeAll(async () => {
    cluster = await startMariadbCluster();
    [primary, first, second] = cluster.nodes as [MariadbNode, MariadbNode, MariadbNode];
    await mariadbSql(primary, 'CREATE TABLE seen (i int)', [], inApp);
    await cluster.waitForReplication(LONG);
  }, 120_000);

  afterAll(async () => {
    await cluster?.stop();
  }, 60_000);

  const allHave = async (n: number | undefined) => {
    await cluster.waitForReplication(LONG);
    expect(await Promise.all(cluster.nodes.map(count))).toEqual([n, n, n]);
  };

  it('fails over: promotes, repoints, and takes the killed primary back as a replica', async () => {
    await write(primary);
    await cluster.waitForReplication(LONG);
    await primary.kill();
    await first.promote();
    expect(cluster.primary).toBe(first);
    expect(await first.role(20_000)).toBe('primary');
    expect((await cluster.repoint()).map((node) => node.name)).toEqual(['primary', 'replica-2']);
    await write(first);
    await primary.start();
    expect(await primary.role(20_000)).toBe('replica');
    await cluster.waitForStreaming(LONG);
    await allHave(2);
    await expect(first.promote()).rejects.toMatchObject({ code: 'SERVICES_STATE' });
    await expect(first.follow(primary)).rejects.toThrow('running primary');
    // A promoted node stays one over a restart.
    await first.restart();
    expect(await first.role(20_000)).toBe('primary');
    await cluster.waitForStreaming(LONG);
  }, 180_000);

  it('replays what it has received before it becomes primary, in spite of a delay and a dead primary', async () => {
    await second.lag(3_600_000);
    for (let n = 0; n < 20; n += 1) {
      // eslint-disable-next-line no-await-in-loop
      await write(first, n);
    }
    await untilReceived(second, first);
    expect(await count(second)).toBe(2);
    await first.kill();
    await second.promote();
    expect(second.lagMs).toBe(0);
    expect(await count(second)).toBe(22);
    await cluster.repoint();
    await first.start();
    await allHave(22);
    await write(second);
    await allHave(23);
  }, 180_000);

  it('repoints a frozen replica when it thaws', async () => {
    // The primary is replica-2; the node "primary" is promoted in its place.
    await first.freeze();
    await second.stop();
    await primary.promote();
    expect((await cluster.repoint()).map((node) => node.name)).toEqual(['replica-1', 'replica-2']);
    await write(primary);
    await first.thaw();
    await second.start();
    await cluster.waitForStreaming(LONG);
    await allHave(24);
  }, 180_000);

  it('refuses a node that has diverged, and rebuilds it', async () => {
    await Promise.all([first.stop(), second.stop()]);
    // Nobody else gets this.
    await write(primary, 666);
    await primary.kill();
    await Promise.all([first.start(), second.start()]);
    await first.promote();
    await second.follow(first);
    await write(first);
    await primary.follow(first);
    await primary.start();
    await expect(cluster.waitForStreaming(LONG)).rejects.toMatchObject({
      code: 'SERVICES_STATE',
      node: 'primary',
      message: expect.stringContaining('rebuild()'),
    });
    await primary.rebuild();
    await allHave(25);
    await expect(first.rebuild(first)).rejects.toMatchObject({ code: 'SERVICES_STATE' });
  }, 180_000);

  it('knows the replica to promote, and rebuilds the one that cannot follow', async () => {
    // The primary is replica-1.
    await second.pauseReplay();
    await primary.stop();
    await write(first);
    await untilReceived(second, first);
    await first.kill();
    await primary.start();
    // It has received more, though it has replayed no more.
    expect(await cluster.mostAdvanced()).toBe(second);
    await second.resumeReplay();
    await until(async () => (await count(second)) === 26, { timeoutMs: LONG, what: 'it was replayed' });
    // The wrong one is promoted, so that the other is ahead of it.
    await primary.promote();
    await write(primary);
    await expect(second.follow(primary)).rejects.toMatchObject({ code: 'SERVICES_STATE', node: 'replica-2' });
    const followers = await cluster.repoint(primary, { rebuild: true });
    expect(followers.map((node) => node.name)).toEqual(['replica-1', 'replica-2']);
    await first.rebuild();
    await allHave(26);
  }, 240_000);
});
