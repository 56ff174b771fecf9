import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clusterNameOf } from './data-folder.js';
import { portIsFree } from './free-port.js';
import type { PostgresCluster } from './postgres-cluster.js';
import type { PostgresNode } from './postgres-node.js';
import { serverProcesses } from './server-tree.js';
import { sql, withSql } from './sql.js';
import { startPostgresCluster } from './start-cluster.js';

const processesOf = (cluster: PostgresCluster, node: PostgresNode) =>
  serverProcesses({
    node: node.name,
    dataDir: node.dataDir,
    clusterName: clusterNameOf(cluster.folder, node.name),
  });

const count = async (node: PostgresNode, table: string) => {
  const [row] = await sql<{ n: number }>(node, `SELECT count(*)::int AS n FROM ${table}`);
  return row?.n;
};

/** Adds rows to a table of one column. */
const write = (node: PostgresNode, table: string, rows = 1) =>
  sql(node, `INSERT INTO ${table} SELECT generate_series(1, $1::int)`, [rows]);

describe('a cluster of one primary and two replicas', () => {
  let cluster: PostgresCluster;
  let primary: PostgresNode;
  let first: PostgresNode;
  let second: PostgresNode;

  beforeAll(async () => {
    cluster = await startPostgresCluster({ settings: { work_mem: '5MB', autovacuum: false } });
    [primary, first, second] = [
      cluster.node('primary'),
      cluster.node('replica-1'),
      cluster.node('replica-2'),
    ];
  }, 120_000);

  afterAll(async () => {
    await cluster.stop();
  }, 60_000);

  it('has the roles, names, addresses and settings that it says', async () => {
    expect(cluster.nodes.map((node) => node.name)).toEqual(['primary', 'replica-1', 'replica-2']);
    expect(await Promise.all(cluster.nodes.map((node) => node.role()))).toEqual([
      'primary',
      'replica',
      'replica',
    ]);
    expect(cluster.primary).toBe(primary);
    expect(cluster.replicas).toEqual([first, second]);
    expect(primary.url).toBe(`postgres://postgres@127.0.0.1:${primary.port}/postgres`);
    for (const node of cluster.nodes) {
      // eslint-disable-next-line no-await-in-loop
      const [row] = await sql<{ connections: string; memory: string }>(
        node,
        `SELECT current_setting('max_connections') AS connections, current_setting('work_mem') AS memory`,
      );
      expect(Number(row?.connections)).toBeGreaterThanOrEqual(100);
      expect(row?.memory).toBe('5MB');
    }
    expect(() => cluster.node('replica-3')).toThrow('The nodes are: primary, replica-1, replica-2.');
  });

  it('replicates, and refuses writes on a replica', async () => {
    await sql(primary, 'CREATE TABLE seen (i int)');
    await write(primary, 'seen', 3);
    await cluster.waitForReplication();
    expect(await Promise.all(cluster.replicas.map((node) => count(node, 'seen')))).toEqual([3, 3]);
    await expect(write(first, 'seen')).rejects.toMatchObject({
      code: 'SERVICES_SQL',
      cause: { code: '25006' },
    });
  });

  it('makes databases, with any name, once', async () => {
    const name = 'Odd "name"/é';
    const url = await cluster.createDatabase(name);
    expect(url).toBe(primary.urlOf(name));
    expect(await cluster.createDatabase(name)).toBe(url);
    const [row] = await sql<{ name: string }>(second, 'SELECT current_database() AS name', [], {
      database: name,
    });
    expect(row?.name).toBe(name);
    await expect(cluster.createDatabase('')).rejects.toMatchObject({ code: 'SERVICES_OPTIONS' });
  });

  it('freezes every process of a server, backends too, and thaws them', async () => {
    await withSql(first, async (run) => {
      await first.freeze();
      expect(first.state).toBe('frozen');
      const states = processesOf(cluster, first).map((entry) => entry.state);
      expect(states.length).toBeGreaterThan(4);
      expect(new Set(states)).toEqual(new Set(['T']));
      let answered = false;
      const answer = run('SELECT 1').then(() => (answered = true));
      // The kernel still accepts for it.
      const socket = connect(first.port, first.host);
      await new Promise((resolve) => socket.once('connect', resolve));
      socket.destroy();
      expect(await first.role(200)).toBe('unknown');
      expect(answered).toBe(false);
      await first.thaw();
      await answer;
    });
    expect(first.state).toBe('running');
    expect(await first.role(20_000)).toBe('replica');
  }, 60_000);

  it('lags by as much as it is told to, also when told while frozen', async () => {
    await first.freeze();
    await first.lag(3_600_000);
    await first.thaw();
    await first.lag(3_600_000);
    await write(primary, 'seen');
    await expect(cluster.waitForReplication(300)).rejects.toMatchObject({
      code: 'SERVICES_TIMEOUT',
      node: 'replica-1',
    });
    await first.lag(0);
    await cluster.waitForReplication();
    await expect(primary.lag(1)).rejects.toMatchObject({ code: 'SERVICES_STATE' });
    await expect(first.lag(-1)).rejects.toMatchObject({ code: 'SERVICES_OPTIONS' });
  }, 60_000);

  it('pauses and resumes replay', async () => {
    await first.pauseReplay();
    const before = await count(first, 'seen');
    await write(primary, 'seen');
    await expect(cluster.waitForReplication(200)).rejects.toThrow('replica-1');
    expect(await count(first, 'seen')).toBe(before);
    await first.resumeReplay();
    await cluster.waitForReplication();
    expect(await count(first, 'seen')).toBe((before ?? 0) + 1);
  }, 60_000);

  it('kills a node, frozen or not, leaving no process and a free port, and starts it again there', async () => {
    for (const node of [first, primary]) {
      for (const frozen of [false, true]) {
        const { port } = node;
        // Each step needs the one before.
        /* eslint-disable no-await-in-loop */
        if (frozen) await node.freeze();
        await node.kill();
        expect(node.state).toBe('killed');
        expect(processesOf(cluster, node)).toEqual([]);
        expect(await portIsFree(port)).toBe(true);
        expect(await node.role()).toBe('unknown');
        await node.start();
        expect(node.port).toBe(port);
        expect(node.state).toBe('running');
        await cluster.waitForStreaming(30_000);
        /* eslint-enable no-await-in-loop */
      }
    }
    await write(primary, 'seen');
    await cluster.waitForReplication();
  }, 120_000);

  it('notices when a server is killed by somebody else, and restarts it', async () => {
    process.kill(second.pid as number, 'SIGKILL');
    for (let n = 0; n < 2_000 && second.state === 'running'; n += 1) {
      // eslint-disable-next-line no-await-in-loop
      await sleep(10);
    }
    expect(second.state).toBe('killed');
    await second.restart();
    await cluster.waitForStreaming(30_000);
  }, 60_000);

  it('restarts in good order, from running and from frozen', async () => {
    await second.restart();
    await second.freeze();
    await second.restart();
    await primary.restart();
    await cluster.waitForStreaming(30_000);
    await second.stop();
    expect(second.state).toBe('stopped');
    await second.kill();
    expect(second.state).toBe('stopped');
    await second.start();
    await cluster.waitForStreaming(30_000);
  }, 60_000);
});
