import 'reflect-metadata';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { InjectPool, onCommit, PoolingModule, PoolRegistry, SessionPerRequest } from '@nest-pooling/nestjs';
import { postgres } from '@nest-pooling/postgres';
import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import { SqlPool } from '@nest-pooling/sql';
import { Controller, Get, Injectable, Module, Param, Post, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { direct, until } from './shop.fixture.js';

jest.setTimeout(120_000);

const hooks: string[] = [];

@Injectable()
class Orders {
  constructor(@InjectPool('orders') readonly pool: SqlPool) {}

  async add(id: string, day = 1): Promise<void> {
    await this.pool.query('INSERT INTO placed (id, day) VALUES ($1, $2)', [id, day]);
  }
}

@Controller()
@SessionPerRequest('orders')
class Shop {
  constructor(private readonly orders: Orders) {}

  @Get('nothing')
  nothing(): string {
    return 'nothing';
  }

  @Post('orders/:id')
  async place(@Param('id') id: string): Promise<object> {
    onCommit(() => hooks.push(id));
    await this.orders.add(id);
    const { rows, node } = await this.orders.pool.query(
      'SELECT pg_current_xact_id_if_assigned() AS xact, count(*)::int AS n FROM placed',
    );
    return { ...rows[0]!, node };
  }

  /** The day is taken, which the server looks at when the transaction is committed. */
  @Post('clash/:id')
  async clash(@Param('id') id: string): Promise<string> {
    onCommit(() => hooks.push(id));
    await this.orders.add(id, 100);
    await this.orders.add(`${id}-again`, 100);
    return 'placed';
  }

  @Post('part/:id')
  async part(@Param('id') id: string): Promise<string> {
    await this.orders.add(id);
    // A part that fails alone.
    await this.orders.pool.transaction(() => this.orders.add(id)).catch(() => {});
    return 'placed';
  }

  @Post('fails/:id')
  async fails(@Param('id') id: string): Promise<never> {
    await this.orders.add(id);
    throw new Error('no');
  }

  @Post('slow/:id')
  async slow(@Param('id') id: string): Promise<void> {
    await this.orders.add(id);
    await this.orders.pool.query('SELECT pg_sleep(600)');
  }
}

describe('SessionPerRequest over Express on a real server', () => {
  let cluster: PostgresCluster;
  let nest: INestApplication;
  let url: string;

  beforeAll(async () => {
    cluster = await startPostgresCluster({ replicas: 1 });
    // Checked at the end of the transaction, so that only COMMIT fails.
    const table = 'CREATE TABLE placed (id text PRIMARY KEY, day int NOT NULL)';
    const check = 'CREATE TABLE full_day (day int UNIQUE DEFERRABLE INITIALLY DEFERRED)';
    const copy =
      'CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS ' +
      '$$ BEGIN IF NEW.day >= 100 THEN INSERT INTO full_day VALUES (NEW.day); END IF; RETURN NEW; END $$';
    const trigger = 'CREATE TRIGGER noted AFTER INSERT ON placed FOR EACH ROW EXECUTE FUNCTION note()';
    for (const text of [table, check, copy, trigger]) await direct(cluster.primary.url, text);
    @Module({
      imports: [
        PoolingModule.forRoot({
          pools: {
            orders: postgres({
              primary: { url: cluster.primary.url },
              replicas: cluster.replicas.map((replica) => ({ url: replica.url })),
              pool: { min: 0, max: 2 },
              session: { applicationName: 'per-request' },
            }),
          },
        }),
      ],
      providers: [Orders],
      controllers: [Shop],
    })
    class AppModule {}
    nest = await NestFactory.create(AppModule, { logger: false });
    await nest.listen(0, '127.0.0.1');
    url = await nest.getUrl();
  });
  afterEach(() => void hooks.splice(0));
  afterAll(async () => {
    await nest?.close();
    await cluster?.stop();
  });

  const post = (path: string, init: RequestInit = {}) => fetch(`${url}/${path}`, { method: 'POST', ...init });
  const inUse = () => nest.get(PoolRegistry).report().pools['orders.primary']!.inUse;
  const placed = async (id: string): Promise<boolean> =>
    (await direct(cluster.primary.url, `SELECT 1 FROM placed WHERE id = '${id}'`)).length > 0;

  it('commits before the answer', async () => {
    const answer = await post('orders/one');
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({ xact: expect.any(String), n: 1, node: 'orders.primary' });
    expect(await placed('one')).toBe(true);
    expect(hooks).toEqual(['one']);
    expect(inUse()).toBe(0);
  });

  it('takes no session for a request without a statement', async () => {
    const before = nest.get(PoolRegistry).report().pools['orders.primary']!;
    expect(await (await fetch(`${url}/nothing`)).text()).toBe('nothing');
    expect(nest.get(PoolRegistry).report().pools['orders.primary']!.total).toBe(before.total);
  });

  it('answers with an error when COMMIT fails, with nothing of the success sent', async () => {
    const answer = await post('clash/two');
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('placed');
    expect(await placed('two')).toBe(false);
    expect(hooks).toEqual([]);
    expect(inUse()).toBe(0);
  });

  it('lets a part fail alone, and rolls back when the handler fails', async () => {
    expect((await post('part/three')).status).toBe(201);
    expect(await placed('three')).toBe(true);
    expect((await post('fails/four')).status).toBe(500);
    expect(await placed('four')).toBe(false);
  });

  it('cancels and rolls back when the client goes away', async () => {
    const running = async (): Promise<number> => {
      const text =
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'per-request' AND query LIKE 'SELECT pg_sleep%' AND state = 'active'";
      return (await direct(cluster.primary.url, text))[0]!.n as number;
    };
    const gone = new AbortController();
    const failing = post('slow/five', { signal: gone.signal }).catch(() => undefined);
    await until('it runs', async () => (await running()) === 1);
    gone.abort();
    await failing;
    await until('it is cancelled', async () => (await running()) === 0);
    await until('the session is back', async () => inUse() === 0);
    expect(await placed('five')).toBe(false);
    expect((await post('orders/six')).status).toBe(201);
  });
});
