import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ClientAbortInterceptor, InjectPool, PoolingModule, PoolRegistry } from '@nest-pooling/nestjs';
import { postgres } from '@nest-pooling/postgres';
import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import { SqlPool } from '@nest-pooling/sql';
import { Controller, Get, Module, Param, type INestApplication } from '@nestjs/common';
import { APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import { direct, until } from './shop.fixture.js';

jest.setTimeout(120_000);

@Controller()
class Shop {
  constructor(@InjectPool('orders') private readonly orders: SqlPool) {}

  @Get('read')
  async read(): Promise<void> {
    await this.orders.query('SELECT pg_sleep(600)');
  }

  @Get('write')
  async write(): Promise<void> {
    await this.orders.query('SELECT pg_sleep(600)', [], { access: 'write' });
  }

  @Get('transaction')
  async transaction(): Promise<void> {
    await this.orders.transaction(async (tx) => {
      await tx.query("INSERT INTO placed VALUES ('gone')");
      await tx.query('SELECT pg_sleep(600)');
    });
  }

  @Get('stream')
  async stream(): Promise<number> {
    let rows = 0;
    for await (const _ of this.orders.stream(
      'SELECT n, pg_sleep(0.01) FROM generate_series(1, 100000) n',
      [],
      { batchSize: 10 },
    ))
      rows++;
    return rows;
  }

  @Get('quick/:id')
  async quick(@Param('id') id: string): Promise<string> {
    await this.orders.query('INSERT INTO placed VALUES ($1)', [id]);
    return id;
  }
}

describe('ClientAbortInterceptor over Express on real servers', () => {
  let cluster: PostgresCluster;
  let nest: INestApplication;
  let url: string;

  beforeAll(async () => {
    cluster = await startPostgresCluster({ replicas: 1 });
    await direct(cluster.primary.url, 'CREATE TABLE placed (id text PRIMARY KEY)');
    @Module({
      imports: [
        PoolingModule.forRoot({
          pools: {
            orders: postgres({
              primary: { url: cluster.primary.url },
              replicas: cluster.replicas.map((replica) => ({ url: replica.url })),
              session: { applicationName: 'client-abort' },
            }),
          },
        }),
      ],
      providers: [{ provide: APP_INTERCEPTOR, useClass: ClientAbortInterceptor }],
      controllers: [Shop],
    })
    class AppModule {}
    nest = await NestFactory.create(AppModule, { logger: false });
    await nest.listen(0, '127.0.0.1');
    url = await nest.getUrl();
  });
  afterAll(async () => {
    await nest?.close();
    await cluster?.stop();
  });

  const running = async (): Promise<number> => {
    const text =
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'client-abort' AND query LIKE '%pg_sleep%' AND (state = 'active' OR state LIKE 'idle in transaction%')";
    const counts = await Promise.all(
      [cluster.primary, ...cluster.replicas].map(
        async (node) => (await direct(node.url, text))[0]!.n as number,
      ),
    );
    return counts.reduce((sum, n) => sum + n, 0);
  };
  const inUse = (): number => {
    const nodes = Object.values(nest.get(PoolRegistry).report().pools);
    return nodes.reduce((sum, node) => sum + node.inUse, 0);
  };

  it.each(['read', 'write', 'transaction', 'stream'])('cancels a %s on its server', async (path) => {
    const gone = new AbortController();
    const asking = fetch(`${url}/${path}`, { signal: gone.signal }).catch(() => undefined);
    await until('it runs', async () => (await running()) === 1);
    gone.abort();
    await asking;
    await until('it is cancelled', async () => (await running()) === 0);
    await until('no session is lent', async () => inUse() === 0);
    expect(await direct(cluster.primary.url, "SELECT 1 FROM placed WHERE id = 'gone'")).toEqual([]);
  });

  it('serves the others all the same', async () => {
    expect(await (await fetch(`${url}/quick/one`)).text()).toBe('one');
  });
});
