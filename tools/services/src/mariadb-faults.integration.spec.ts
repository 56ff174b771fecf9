import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type ConnectionOptions, createConnection } from 'mysql2/promise';
import { startFaultProxy } from './fault-proxy.js';
import { mariadbAvailable } from './mariadb-binaries.js';
import type { MariadbNode } from './mariadb-node.js';
import { mariadbSql } from './mariadb-sql.js';
import { startMariadbCluster } from './start-mariadb.js';
import { until } from './wait.js';

/** Runs a statement as the user of a URL does, and gives the first row. */
const ask = async (uri: string, text: string, options: ConnectionOptions = {}) => {
  const connection = await createConnection({ uri, ...options });
  try {
    const [rows] = await connection.query(text);
    return (rows as Record<string, unknown>[])[0];
  } finally {
    connection.destroy();
  }
};

describe('MariaDB under faults', () => {
  it('loses nothing that was committed when the primary is killed in the middle of writes', async () => {
    await using cluster = await startMariadbCluster({ replicas: 1 });
    const { primary } = cluster;
    const connection = await createConnection(primary.url);
    connection.on('error', () => undefined);
    await connection.query('CREATE TABLE seen (i int)');
    let committed = 0;
    let error: unknown;
    const writing = (async () => {
      while (error === undefined) {
        // One after the other, until the server is dead.
        // eslint-disable-next-line no-await-in-loop
        await connection.query('INSERT INTO seen VALUES (2)').then(
          () => (committed += 1),
          (thrown: unknown) => (error = thrown),
        );
      }
    })();
    await until(() => committed >= 50, { timeoutMs: 60_000, what: '50 rows were written' });
    await primary.kill();
    await writing;
    connection.destroy();
    await primary.start();
    await cluster.waitForStreaming(60_000);
    await cluster.waitForReplication(60_000);
    const count = async (node: MariadbNode) => (await ask(node.url, 'SELECT count(*) AS n FROM seen'))?.['n'];
    const now = await count(primary);
    // The last one may have been committed without an answer.
    expect([committed, committed + 1]).toContain(now);
    expect(await count(cluster.node('replica-1'))).toBe(now);
  }, 180_000);

  it('stands behind the fault proxy', async () => {
    await using cluster = await startMariadbCluster({ replicas: 0, maxConnections: 20 });
    const { primary } = cluster;
    await using proxy = await startFaultProxy({ target: primary });
    const url = primary.url.replace(`:${primary.port}/`, `:${proxy.port}/`);
    expect(await ask(url, 'SELECT @@max_connections AS n')).toEqual({ n: 20 });
    await proxy.reset();
    await expect(ask(url, 'SELECT 1')).rejects.toMatchObject({
      code: expect.stringMatching(/ECONNRESET|PROTOCOL_CONNECTION_LOST/),
    });
    await proxy.pass();
    expect(await ask(url, 'SELECT 1 AS one')).toEqual({ one: 1 });
  }, 180_000);

  it('offers TLS when asked to, and its certificates', async () => {
    await using cluster = await startMariadbCluster({ replicas: 1, tls: true });
    const { certificates } = cluster;
    for (const node of cluster.nodes) {
      // eslint-disable-next-line no-await-in-loop
      const row = await ask(node.url, "SHOW STATUS LIKE 'Ssl_version'", {
        ssl: { ca: readFileSync(certificates.ca) },
      });
      expect(row).toMatchObject({ Value: expect.stringMatching(/^TLSv1/) });
    }
    const stranger = ask(cluster.primary.url, 'SELECT 1', {
      ssl: { ca: readFileSync(certificates.otherCa) },
    });
    await expect(stranger).rejects.toThrow(/certificate/);
    expect(await ask(cluster.primary.url, "SHOW STATUS LIKE 'Ssl_version'")).toMatchObject({ Value: '' });
  }, 120_000);
});

describe('the MariaDB that is used', () => {
  const before = process.env['MARIADBD'];

  afterEach(() => {
    if (before === undefined) delete process.env['MARIADBD'];
    else process.env['MARIADBD'] = before;
  });

  it('is the one that MARIADBD names, and the reason is said when that is none', async () => {
    process.env['MARIADBD'] = '/bin/cat';
    expect(await mariadbAvailable()).toEqual({
      available: false,
      reason: expect.stringMatching(/MARIADBD names \/bin\/cat, which cannot be used: .*\. Install it/s),
    });
    await expect(startMariadbCluster()).rejects.toMatchObject({ code: 'SERVICES_BINARIES' });
  }, 60_000);

  // It needs apt and a mirror of Debian.
  (existsSync('/usr/bin/apt-get') ? describe : describe.skip)('where there is apt', () => {
    it("can be Debian's package, not installed", async () => {
      process.env['MARIADBD'] = 'debian';
      await using cluster = await startMariadbCluster({ replicas: 1 });
      expect(cluster.version).toMatch(/^MariaDB \d/);
      const [row] = await mariadbSql<{ base: string }>(cluster.node('replica-1'), 'SELECT @@basedir AS base');
      expect(row?.base).toContain('nest-pooling-services-');
    }, 180_000);
  });
});
