import { ConsoleLogger, type Provider, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { systemEnv, type Definition } from '@nest-pooling/core';
import { SingleNodePool, type SqlPool } from '@nest-pooling/sql';
import { ModelCluster } from '@nest-pooling/sql/testing';
import { PoolingModule, PoolRegistry } from '../index.js';
import { definePool } from '../testing/index.js';

/** An application with two SQL pools over modelled servers, and one pool of something else. */
export interface Shop {
  readonly app: TestingModule;
  readonly orders: SqlPool;
  readonly reports: SqlPool;
  /** What the servers have been told, without what only sets a session up. */
  readonly said: string[];
  /** The value under a key on the server of the orders. */
  readonly stored: (key: string) => Promise<string | undefined>;
}

/** Starts one; `close` of its application ends it. */
export async function startShop(...providers: Provider[]): Promise<Shop> {
  const said: string[] = [];
  const cluster = new ModelCluster(systemEnv, {
    fates: {
      execute: (_, { text }) => {
        said.push(text);
        return undefined;
      },
    },
  });
  const model = (name: string): Definition<SqlPool> => ({
    kind: 'model',
    open: (_, env) =>
      new SingleNodePool(
        {
          name,
          kind: 'model',
          driver: cluster,
          target: cluster.add(name, 'primary'),
          pool: { min: 0, max: 4 },
        },
        env,
      ),
  });
  const pools = PoolingModule.forRoot({
    pools: { orders: model('orders'), reports: model('reports'), cache: definePool({ get: () => 1 }) },
    health: false,
  });
  const builder = Test.createTestingModule({ imports: [pools], providers });
  const app = await builder.setLogger(new ConsoleLogger({ logLevels: [] })).compile();
  await app.init();
  const registry = app.get(PoolRegistry);
  const orders = registry.get('orders');
  return {
    app,
    orders,
    reports: registry.get('reports' as 'orders'),
    said,
    stored: async (key) => {
      const { rows } = await orders.outside(() => orders.query<{ value: string }>(`select ${key}`));
      return rows[0]?.value;
    },
  };
}

/** The error that a boot with these providers fails with. */
export async function bootError(...providers: Type[]): Promise<unknown> {
  return startShop(...providers).then(
    ({ app }) => app.close(),
    (error: unknown) => error,
  );
}
