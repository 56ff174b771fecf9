import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { portIsFree } from './free-port.js';
import { mariadbAvailable } from './mariadb-binaries.js';
import type { MariadbCluster } from './mariadb-cluster.js';
import type { MariadbNode } from './mariadb-node.js';
import { mariadbSql, withMariadb } from './mariadb-sql.js';
import { listProcesses } from './processes.js';
import { startMariadbCluster } from './start-mariadb.js';
import { until } from './wait.js';

/** Runs a statement as the user of the node's URL does, and gives the rows. */
const asUser = async (url: string, text: string, values: unknown[] = []) => {
  const connection = await createConnection(url);
  try {
    const [rows] = await connection.query(text, values);
    return rows as Record<string, unknown>[];
  } finally {
    connection.destroy();
  }
};

const count = async (node: MariadbNode) => {
  const [row] = await asUser(node.url, 'SELECT count(*) AS n FROM seen');
  return row?.['n'];
};

const write = (node: MariadbNode) => asUser(node.url, 'INSERT INTO seen VALUES (1)');

const processesOf = (node: MariadbNode) =>
  listProcesses().filter((entry) => entry.command.includes(`${node.dataDir}/`) && entry.state !== 'Z');

describe('a MariaDB cluster of one primary and two replicas', () => {
  let cluster: MariadbCluster;
  let primary: MariadbNode;
  let first: MariadbNode;
  let second: MariadbNode;

  beforeAll(async () => {
    cluster = await startMariadbCluster({ database: 'shop', settings: { wait_timeout: 1_234 } });
    [primary, first, second] = cluster.nodes as [MariadbNode, MariadbNode, MariadbNode];
    await asUser(primary.url, 'CREATE TABLE seen (i int)');
  }, 120_000);

  afterAll(async () => {
    await cluster?.stop();
  }, 60_000);

  it('has the roles, names, addresses and settings that it says', async () => {
    expect(await mariadbAvailable()).toEqual({ available: true, version: cluster.version });
    expect(cluster.nodes.map((node) => node.name)).toEqual(['primary', 'replica-1', 'replica-2']);
    const roles = await Promise.all(cluster.nodes.map((node) => node.role(20_000)));
    expect(roles).toEqual(['primary', 'replica', 'replica']);
    expect(primary.url).toBe(`mysql://app:app-secret@127.0.0.1:${primary.port}/shop`);
    for (const [n, node] of cluster.nodes.entries()) {
      // eslint-disable-next-line no-await-in-loop
      const [row] = await asUser(
        node.url,
        `SELECT @@server_id AS id, @@gtid_domain_id AS domain, @@log_bin AS log, @@log_slave_updates AS updates,
           @@read_only AS readOnly, @@character_set_server AS charset, @@max_connections AS connections,
           @@wait_timeout AS wait, @@have_ssl AS tls, database() AS db, current_user() AS user`,
      );
      expect(row).toEqual({
        id: n + 1,
        domain: 1,
        log: 1,
        updates: 1,
        readOnly: n === 0 ? 0 : 1,
        charset: 'utf8mb4',
        connections: 300,
        wait: 1_234,
        tls: 'DISABLED',
        db: 'shop',
        user: 'app@%',
      });
    }
    expect(() => cluster.node('replica-3')).toThrow('The nodes are: primary, replica-1, replica-2.');
  }, 60_000);

  it('lets root in over TCP with its password only', async () => {
    const [row] = await asUser(first.rootUrl, 'SELECT current_user() AS user');
    expect(row).toEqual({ user: 'root@127.0.0.1' });
    const open = primary.urlOf('shop', 'root', '');
    await expect(asUser(open, 'SELECT 1')).rejects.toMatchObject({ code: 'ER_ACCESS_DENIED_ERROR' });
    await expect(asUser(primary.url, 'SET GLOBAL read_only = 1')).rejects.toMatchObject({ errno: 1227 });
  }, 60_000);

  it('replicates, and refuses writes on a replica', async () => {
    await write(primary);
    await cluster.waitForReplication(60_000);
    expect(await Promise.all(cluster.replicas.map(count))).toEqual([1, 1]);
    await expect(write(first)).rejects.toMatchObject({ errno: 1290 });
  }, 60_000);

  it('makes databases, with any name, once', async () => {
    const name = 'Odd `name` "é"';
    const url = await cluster.createDatabase(name);
    expect(await cluster.createDatabase(name)).toBe(url);
    expect(await asUser(url, 'SELECT database() AS name')).toEqual([{ name }]);
    expect(await asUser(second.urlOf(name), 'SELECT database() AS name')).toEqual([{ name }]);
    await expect(cluster.createDatabase('')).rejects.toMatchObject({ code: 'SERVICES_OPTIONS' });
  }, 60_000);

  it('freezes a server and thaws it', async () => {
    await withMariadb(
      first,
      async (run) => {
        await first.freeze();
        expect(first.state).toBe('frozen');
        expect(processesOf(first).map((entry) => entry.state)).toEqual(['T']);
        let answered = false;
        const answer = run('SELECT 1').then(() => (answered = true));
        expect(await first.role(200)).toBe('unknown');
        expect(answered).toBe(false);
        await first.thaw();
        await answer;
      },
      { timeoutMs: 30_000 },
    );
    expect(first.state).toBe('running');
    expect(await first.role(20_000)).toBe('replica');
  }, 60_000);

  it('lags by as much as it is told to, also when told while frozen', async () => {
    await first.freeze();
    await first.lag(3_600_000);
    await first.thaw();
    expect(first.lagMs).toBe(3_600_000);
    await write(primary);
    await expect(cluster.waitForReplication(300)).rejects.toMatchObject({
      code: 'SERVICES_TIMEOUT',
      node: 'replica-1',
    });
    const [status] = await asUser(first.url, 'SHOW SLAVE STATUS');
    expect(status).toMatchObject({ SQL_Delay: 3_600, Slave_IO_Running: 'Yes' });
    await first.lag(0);
    await cluster.waitForReplication(60_000);
    await expect(primary.lag(1_000)).rejects.toMatchObject({ code: 'SERVICES_STATE' });
    await expect(first.lag(500)).rejects.toThrow('whole seconds');
  }, 120_000);

  it('pauses and resumes replay; a lag that is set meanwhile does not end the pause', async () => {
    await first.pauseReplay();
    const before = await count(first);
    await write(primary);
    await first.lag(1_000);
    await first.lag(0);
    await expect(cluster.waitForReplication(200)).rejects.toThrow('replica-1');
    expect(await count(first)).toBe(before);
    await first.resumeReplay();
    await cluster.waitForReplication(60_000);
    expect(await count(first)).toBe((before as number) + 1);
  }, 120_000);

  it('kills a node, frozen or not, leaving no process and a free port, and starts it again there', async () => {
    for (const node of [first, primary]) {
      for (const frozen of [false, true]) {
        const { port } = node;
        // Each step needs the one before.
        /* eslint-disable no-await-in-loop */
        await write(primary);
        if (frozen) await node.freeze();
        await node.kill();
        expect(node.state).toBe('killed');
        expect(processesOf(node)).toEqual([]);
        expect(await portIsFree(port)).toBe(true);
        expect(await node.role()).toBe('unknown');
        await node.start();
        expect(node.port).toBe(port);
        await cluster.waitForStreaming(60_000);
        await cluster.waitForReplication(60_000);
        /* eslint-enable no-await-in-loop */
      }
    }
    expect(await count(first)).toBe(await count(primary));
    expect(await first.role(20_000)).toBe('replica');
  }, 240_000);

  it('notices when a server is killed by somebody else, and restarts it, in good order too', async () => {
    process.kill(second.pid as number, 'SIGKILL');
    await until(() => second.state === 'killed', { timeoutMs: 20_000, what: 'it was seen' });
    await second.restart();
    await second.freeze();
    await second.restart();
    await second.stop();
    expect(second.state).toBe('stopped');
    await second.start();
    await primary.restart();
    await cluster.waitForStreaming(60_000);
    expect(await second.role(20_000)).toBe('replica');
  }, 180_000);

  it('says what the tool itself asked and what the server answered', async () => {
    await expect(mariadbSql(primary, 'SELECT nonsense')).rejects.toMatchObject({
      code: 'SERVICES_SQL',
      node: 'primary',
      message: expect.stringMatching(/"SELECT nonsense" failed: .*nonsense/),
    });
  }, 60_000);
});
