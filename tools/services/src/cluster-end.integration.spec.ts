import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { portIsFree } from './free-port.js';
import { mariadbSql } from './mariadb-sql.js';
import { listProcesses } from './processes.js';
import { sql } from './sql.js';
import { startPostgresCluster } from './start-cluster.js';
import { startMariadbCluster } from './start-mariadb.js';

describe('the end of a cluster', () => {
  it.each([
    { start: startPostgresCluster, ask: sql },
    { start: startMariadbCluster, ask: mariadbSql },
  ])(
    'leaves no process, no folder, no taken port, whatever state the nodes are in',
    async ({ ask, start }) => {
      const cluster = await start({ database: 'shop', stopTimeoutMs: 20_000 });
      const { primary } = cluster;
      expect(primary.url).toMatch(/\/shop$/);
      await ask(primary, 'SELECT 1', [], { database: 'shop' });
      await cluster.node('replica-1').freeze();
      await cluster.node('replica-2').kill();
      await Promise.all([cluster.stop(), cluster.stop()]);
      const left = listProcesses().filter((entry) => entry.command.includes(cluster.folder.slice(1)));
      expect(left).toEqual([]);
      expect(await Promise.all(cluster.nodes.map((node) => portIsFree(node.port)))).toEqual([
        true,
        true,
        true,
      ]);
      expect(existsSync(cluster.folder)).toBe(false);
      expect(() => process.kill(cluster.watchdogPid as number, 0)).toThrow('ESRCH');
    },
    120_000,
  );

  it('comes by itself at the end of a block', async () => {
    let folder: string;
    {
      await using cluster = await startPostgresCluster({ replicas: 0 });
      folder = cluster.folder;
      expect(cluster.replicas).toEqual([]);
      await cluster.waitForReplication();
    }
    expect(existsSync(folder)).toBe(false);
  }, 120_000);

  it('comes when a server cannot start, and the error shows its log', async () => {
    const wrong = startPostgresCluster({ replicas: 1, settings: { shared_buffers: 'many' } });
    await expect(wrong).rejects.toMatchObject({
      code: 'SERVICES_START',
      node: 'primary',
      message: expect.stringContaining('shared_buffers'),
    });
    const mariadb = startMariadbCluster({ replicas: 1, settings: { no_such_setting: 'many' } });
    await expect(mariadb).rejects.toMatchObject({
      code: 'SERVICES_START',
      message: expect.stringContaining('no_such_setting'),
    });
  }, 120_000);

  it.each([startPostgresCluster, startMariadbCluster])(
    'comes when a fixed port is taken (%o)',
    async (start) => {
      await using cluster = await start({ replicas: 0 });
      const second = start({ replicas: 0, port: cluster.primary.port });
      await expect(second).rejects.toThrow('Address already in use');
    },
    120_000,
  );
});
