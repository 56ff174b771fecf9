import { Module, type INestApplication, type Provider, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { systemEnv, type Definition } from '@nest-pooling/core';
import { SingleNodePool, type SqlPool } from '@nest-pooling/sql';
import { ModelCluster } from '@nest-pooling/sql/testing';
import { PoolingModule, PoolRegistry, runAsTenant, sqlTenants } from '../index.js';
import { definePool } from '../testing/index.js';

const open: INestApplication[] = [];
/** Ends every application that {@link start} has started. */
export async function stopAll(): Promise<void> {
  for (const app of open.splice(0)) await app.close();
}

/** An application over modelled servers, on a real port. */
export async function start(controllers: Type[], providers: Provider[] = []) {
  const cluster = new ModelCluster(systemEnv);
  const model = (name: string): Definition<SqlPool> => ({
    kind: 'model',
    open: (_, env) => {
      const target = cluster.add(name, 'primary');
      const pool = { min: 0, max: 2 };
      return new SingleNodePool({ name, kind: 'model', driver: cluster, target, pool }, env);
    },
  });
  const pools = PoolingModule.forRoot({
    pools: {
      orders: model('orders'),
      routed: sqlTenants({ create: (tenant) => model(`routed.${tenant}`) }),
      pricing: definePool({}),
    },
    health: false,
  });
  @Module({})
  class App {}
  const app = await NestFactory.create(
    { module: App, imports: [pools], controllers, providers },
    { logger: false, abortOnError: false },
  );
  open.push(app);
  app.use((request: { headers: { tenant?: string } }, _: unknown, next: () => void) => {
    const { tenant } = request.headers;
    return tenant === undefined ? next() : runAsTenant(tenant, next);
  });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const registry = app.get(PoolRegistry);
  return {
    get: (path: string, init?: RequestInit) => fetch(`${url}/${path}`, init),
    inUse: () => registry.report().pools.orders!.inUse,
    pool: () => registry.report().pools.orders!,
    data: (name = 'orders') => Object.fromEntries(cluster.server(name).data),
    cluster,
  };
}

/** Waits for a state, with a generous patience. */
export async function until(what: () => boolean): Promise<void> {
  for (let left = 60_000; !what(); left -= 5) {
    if (left <= 0) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
