import 'reflect-metadata';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Deadline,
  InjectPool,
  onCommit,
  onRollback,
  PoolingModule,
  Transactional,
} from '@nest-pooling/nestjs';
import { postgres } from '@nest-pooling/postgres';
import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import { SqlPool } from '@nest-pooling/sql';
import { Controller, Get, Injectable, Module, Param, Post, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { defer, from, Observable, switchMap } from 'rxjs';
import { direct, until } from './shop.fixture.js';

jest.setTimeout(120_000);

const log: string[] = [];

@Injectable()
class Orders {
  constructor(@InjectPool('orders') readonly pool: SqlPool) {}

  @Transactional('orders')
  async place(id: string): Promise<string> {
    onCommit(() => log.push(`committed ${id}`));
    onRollback(() => log.push(`rolled back ${id}`));
    await this.pool.query('INSERT INTO orders VALUES ($1)', [id]);
    await this.log(id);
    return id;
  }

  @Transactional('orders', { propagation: 'requires-new' })
  async log(id: string): Promise<void> {
    await this.pool.query('INSERT INTO attempts VALUES ($1)', [id]);
  }

  @Transactional('orders')
  watch(id: string): Observable<{ readonly id: string }> {
    return defer(() => from(this.pool.query('INSERT INTO orders VALUES ($1)', [id]))).pipe(
      switchMap(async () => ({ id })),
    );
  }

  @Deadline(300)
  async slow(): Promise<unknown> {
    return this.pool.query("SELECT pg_sleep(600), 'of the deadline'");
  }
}

@Controller()
class OrdersController {
  constructor(private readonly orders: Orders) {}

  @Post('orders/:id')
  place(@Param('id') id: string): Promise<string> {
    return this.orders.place(id);
  }

  @Post('watched/:id')
  watch(@Param('id') id: string): Observable<object> {
    return this.orders.watch(id);
  }

  @Get('slow')
  slow(): Promise<unknown> {
    return this.orders.slow();
  }
}

describe('decorated methods over a real server', () => {
  let cluster: PostgresCluster;
  let app: INestApplication;
  let url: string;
  const count = async (table: string, id: string): Promise<unknown> =>
    (await direct(cluster.primary.url, `SELECT count(*)::int AS n FROM ${table} WHERE id = '${id}'`))[0]!.n;
  const post = (path: string): Promise<Response> => fetch(`${url}/${path}`, { method: 'POST' });

  beforeAll(async () => {
    cluster = await startPostgresCluster({ replicas: 0 });
    // Checked by COMMIT only: every statement before it succeeds.
    await direct(
      cluster.primary.url,
      'CREATE TABLE orders (id text, CONSTRAINT once UNIQUE (id) DEFERRABLE INITIALLY DEFERRED)',
    );
    await direct(cluster.primary.url, 'CREATE TABLE attempts (id text)');
    @Module({
      imports: [
        PoolingModule.forRoot({ pools: { orders: postgres({ primary: { url: cluster.primary.url } }) } }),
      ],
      providers: [Orders],
      controllers: [OrdersController],
    })
    class AppModule {}
    app = await NestFactory.create(AppModule, { logger: false });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterAll(async () => {
    await app?.close();
    await cluster?.stop();
  });
  beforeEach(() => {
    log.length = 0;
  });

  it('case 42: the answer comes after the commit, so that what it says is there', async () => {
    const answer = await post('orders/a');
    expect([answer.status, await answer.text()]).toEqual([201, 'a']);
    expect(await count('orders', 'a')).toBe(1);
    expect(log).toEqual(['committed a']);
    const watched = await post('watched/w');
    expect([watched.status, await count('orders', 'w')]).toEqual([201, 1]);
  });

  it.each(['orders', 'watched'])('case 42: a commit that fails is told as a failure: %s', async (path) => {
    expect((await post(`${path}/twice`)).status).toBe(201);
    log.length = 0;
    const answer = await post(`${path}/twice`);
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ code: 'SQL_STATEMENT_FAILED' });
    expect(await count('orders', 'twice')).toBe(1);
    // The other one has no hooks.
    expect(log).toEqual(path === 'orders' ? ['rolled back twice'] : []);
    await direct(cluster.primary.url, "DELETE FROM orders WHERE id = 'twice'");
  });

  it('a transaction of its own stands though the one around it fails', async () => {
    await post('orders/b');
    expect((await post('orders/b')).status).toBe(500);
    expect([await count('orders', 'b'), await count('attempts', 'b')]).toEqual([1, 2]);
  });

  it('case 41: a deadline ends the statement on the server, and the client gets 504', async () => {
    const answer = await fetch(`${url}/slow`);
    expect(answer.status).toBe(504);
    expect(await answer.json()).toMatchObject({ code: 'SQL_TIMEOUT' });
    await until('nothing runs there', async () => {
      const running =
        "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%of the ' || 'deadline%'";
      return (await direct(cluster.primary.url, running)).length === 0;
    });
  });
});
