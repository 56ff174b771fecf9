import 'reflect-metadata';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { InjectPool, InjectRouter, PoolFaceError, PoolingModule, PoolRegistry } from '@nest-pooling/nestjs';
import { postgres } from '@nest-pooling/postgres';
import { ReadReplicaRouter } from '@nest-pooling/routing';
import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import { SqlPool } from '@nest-pooling/sql';
import {
  Controller,
  Get,
  Injectable,
  Module,
  type DynamicModule,
  type INestApplication,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { direct, until } from './shop.fixture.js';

jest.setTimeout(120_000);

@Injectable()
class Orders {
  constructor(
    @InjectRouter('orders') readonly router: ReadReplicaRouter,
    @InjectPool('reports') readonly reports: SqlPool,
  ) {}
}

@Controller()
class OrdersController {
  constructor(private readonly orders: Orders) {}

  @Get('orders')
  async list(): Promise<object> {
    const { rows, node } = await this.orders.router.query('SELECT 1 AS one');
    return { rows, node };
  }

  @Get('slow')
  async slow(): Promise<object> {
    return (await this.orders.reports.query('SELECT pg_sleep(1), 1 AS one')).rows;
  }
}

@Injectable()
class Wrong {
  constructor(@InjectPool('reports') readonly reports: ReadReplicaRouter) {}
}

describe('the Nest face over real servers', () => {
  let cluster: PostgresCluster;
  let open: INestApplication | undefined;
  beforeAll(async () => {
    cluster = await startPostgresCluster({ replicas: 1 });
  });
  // One that a test did not come to close: its probes would go on in the next.
  afterEach(() => open?.close());
  afterAll(() => cluster?.stop());

  const app = (...providers: Type[]): DynamicModule => {
    @Module({})
    class AppModule {}
    const session = { applicationName: 'nest' };
    const { primary, replicas } = cluster;
    return {
      module: AppModule,
      imports: [
        PoolingModule.forRootAsync({
          pools: ['orders', 'reports'],
          useFactory: async () => ({
            orders: postgres({
              primary: { url: primary.url },
              replicas: replicas.map(({ url }) => ({ url })),
              session,
            }),
            reports: postgres({ primary: { url: primary.url }, session }),
          }),
        }),
      ],
      providers,
      controllers: [OrdersController],
    };
  };
  const sessions = async (): Promise<unknown> => {
    const count = "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'nest'";
    return (await direct(cluster.primary.url, count))[0]!.n;
  };

  it('boots, injects, serves, and ends what was accepted before it closes', async () => {
    const nest = await NestFactory.create(app(Orders), { logger: false });
    open = nest;
    await nest.listen(0, '127.0.0.1');
    const url = await nest.getUrl();
    expect(await (await fetch(`${url}/orders`)).json()).toMatchObject({
      rows: [{ one: 1 }],
      node: 'orders.replica-1',
    });
    const health = await fetch(`${url}/health/pools`);
    expect(health.status).toBe(200);
    const body = (await health.json()) as { overall: string; pools: Record<string, object> };
    expect(body.overall).toBe('healthy');
    expect(Object.keys(body.pools)).toEqual(['orders.primary', 'orders.replica-1', 'reports.primary']);
    expect(Object.keys(body.pools['orders.primary']!)).toEqual([
      'healthy',
      'status',
      'total',
      'available',
      'inUse',
      'waiting',
      'utilization',
      'errors',
      'takesWrites',
    ]);
    expect(nest.get(PoolRegistry).names()).toEqual(['orders', 'reports']);
    const slow = fetch(`${url}/slow`);
    await until('it runs', async () => nest.get(PoolRegistry).report().pools['reports.primary']!.inUse === 1);
    await nest.close();
    expect((await slow).status).toBe(200);
    expect(await sessions()).toBe(0);
  });

  it('refuses to boot with a pool injected as the wrong face, and leaves no session behind', async () => {
    const booting = NestFactory.create(app(Orders, Wrong), { logger: false, abortOnError: false }).then(
      (nest) => nest.init(),
    );
    await expect(booting).rejects.toBeInstanceOf(PoolFaceError);
    await expect(booting).rejects.toThrow(/Wrong/);
    await until('the sessions are gone', async () => (await sessions()) === 0);
  });
});
