import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPool, createPoolCluster } from '@nest-pooling/mysql/mysql2-compat';
import { startMariadbCluster, type MariadbCluster } from '@nest-pooling/services';
import mysql2, { type PoolConnection, type PoolOptions } from 'mysql2';
import { DataSource } from 'typeorm';
import { LIMIT_MS } from './faces.fixture.js';

describe('createPoolCluster', () => {
  let servers: MariadbCluster;

  beforeAll(async () => {
    servers = await startMariadbCluster({ replicas: 1 });
  }, LIMIT_MS);

  afterAll(() => servers.stop(), LIMIT_MS);

  test('chooses among pools of ours as mysql2 does', async () => {
    const cluster = createPoolCluster({ removeNodeErrorCount: 1 });
    cluster.add('PRIMARY', servers.primary.url);
    cluster.add('REPLICA1', { uri: servers.replicas[0]!.url });
    cluster.add('REPLICA2', { host: '127.0.0.1', port: 1 });
    const port = (connection: PoolConnection): Promise<unknown> =>
      connection
        .promise()
        .query('SELECT @@port AS port')
        .then(([rows]) => (rows as { port: number }[])[0]!.port);
    const removed: unknown[] = [];
    cluster.on('remove', (node) => removed.push(node));
    for (const [pattern, expected] of [
      ['PRIMARY', servers.primary.port],
      ['REPLICA*', servers.replicas[0]!.port],
      ['REPLICA*', servers.replicas[0]!.port],
    ] as const) {
      const connection = await new Promise<PoolConnection>((resolve, reject) => {
        cluster.getConnection(pattern, (error, lent) => (error ? reject(error) : resolve(lent)));
      });
      expect(await port(connection)).toBe(expected);
      connection.release();
    }
    expect(removed).toEqual(['REPLICA2']);
    expect(() => cluster.add('OTHER', { connectionLimt: 1 } as PoolOptions)).toThrow(/connectionLimt/);
    await new Promise<void>((resolve, reject) => cluster.end((error) => (error ? reject(error) : resolve())));
  });

  test('carries the replication of TypeORM', async () => {
    const of = (url: string): object => {
      const { hostname, port, username, password, pathname } = new URL(url);
      return {
        host: hostname,
        port: Number(port),
        username,
        password: decodeURIComponent(password),
        database: pathname.slice(1),
      };
    };
    const driver = Object.assign(Object.create(mysql2) as typeof mysql2, { createPool, createPoolCluster });
    const source = new DataSource({
      type: 'mysql',
      driver,
      replication: { master: of(servers.primary.url), slaves: [of(servers.replicas[0]!.url)] },
    });
    await source.initialize();
    for (const [mode, node] of [
      ['master', servers.primary],
      ['slave', servers.replicas[0]!],
    ] as const) {
      const runner = source.createQueryRunner(mode);
      // TypeORM has big numbers come as texts.
      expect(await runner.query('SELECT @@port AS port')).toEqual([{ port: String(node.port) }]);
      await runner.release();
    }
    await source.destroy();
  });
});
