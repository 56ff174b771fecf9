import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, Res, type Provider } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { SqlPool } from '@nest-pooling/sql';
import { map, of, type Observable } from 'rxjs';
import { InjectPool, onCommit, SessionPerRequest, SessionPerRequestInterceptor } from '../index.js';
import { start, stopAll, until } from './session.fixture.js';

afterEach(stopAll);

describe('SessionPerRequest', () => {
  @Injectable()
  class Orders {
    constructor(@InjectPool('orders') readonly pool: SqlPool) {}
    async put(key: string): Promise<void> {
      await this.pool.query(`insert ${key} 1`);
    }
  }
  let committed: unknown[] = [];
  let world: Awaited<ReturnType<typeof start>>;

  @Controller()
  @SessionPerRequest('orders')
  class Shop {
    constructor(private readonly orders: Orders) {}

    @Get('place')
    async place(): Promise<object> {
      onCommit(() => committed.push(world.data()));
      await this.orders.put('a');
      await this.orders.put('b');
      return { inUse: world.inUse(), visible: world.data() };
    }

    @Get('nothing')
    nothing(): object {
      return { inUse: world.inUse() };
    }

    @Get('fails')
    async fails(): Promise<never> {
      await this.orders.put('c');
      throw new Error('no');
    }

    @Get('swallows')
    async swallows(): Promise<string> {
      await this.orders.put('d');
      await this.orders.pool.query('fail constraint').catch(() => {});
      return 'success';
    }

    @Get('observable')
    observable(): Observable<string> {
      return of('x', 'last').pipe(map((word) => word.toUpperCase()));
    }

    @Get('slow')
    async slow(): Promise<void> {
      await this.orders.put('e');
      await this.orders.pool.query('sleep 60000');
    }

    @Get('passes')
    async passes(@Res({ passthrough: true }) response: { header: (n: string, v: string) => void }) {
      response.header('x-own', '1');
      await this.orders.put('p');
      return 'own';
    }

    @Get('other')
    @SessionPerRequest('orders', { readOnly: true })
    async other(): Promise<void> {
      await this.orders.put('f');
    }
  }

  async function shop(providers: Provider[] = []): Promise<void> {
    committed = [];
    world = await start([Shop], [Orders, ...providers]);
  }

  it('is one transaction, committed before the answer, and then the hooks run', async () => {
    await shop();
    const answer = await world.get('place');
    expect(await answer.json()).toEqual({ inUse: 1, visible: {} });
    expect(world.data()).toEqual({ a: '1', b: '1' });
    expect(committed).toEqual([{ a: '1', b: '1' }]);
    expect(world.inUse()).toBe(0);
  });

  it('takes no session without a statement', async () => {
    await shop();
    expect(await (await world.get('nothing')).json()).toEqual({ inUse: 0 });
    expect(await (await world.get('observable')).text()).toBe('LAST');
    expect(world.pool().total).toBe(0);
  });

  it('is rolled back when the handler fails', async () => {
    await shop();
    expect((await world.get('fails')).status).toBe(500);
    expect(world.data()).toEqual({});
    expect(world.inUse()).toBe(0);
  });

  it('case 42: a commit that fails is answered as an error, and never as success', async () => {
    await shop();
    const answer = await world.get('swallows');
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('success');
    expect(world.data()).toEqual({});
  });

  it('is rolled back when the client goes away, which cancels what runs', async () => {
    await shop();
    const gone = new AbortController();
    const failing = world.get('slow', { signal: gone.signal }).catch((error: unknown) => error);
    await until(() => world.inUse() === 1 && world.cluster.server('orders').statements >= 3);
    gone.abort();
    await failing;
    await until(() => world.inUse() === 0);
    expect(world.data()).toEqual({});
  });

  it('once for a call, however often the interceptor stands there; the method’s own options come first', async () => {
    await shop([{ provide: APP_INTERCEPTOR, useClass: SessionPerRequestInterceptor }]);
    expect(await (await world.get('place')).json()).toEqual({ inUse: 1, visible: {} });
    expect(committed).toEqual([{ a: '1', b: '1' }]);
    expect((await world.get('passes')).headers.get('x-own')).toBe('1');
    expect((await world.get('other')).status).toBeGreaterThanOrEqual(500);
    expect(world.data()).toEqual({ a: '1', b: '1', p: '1' });
  });

  it('is that of the tenant, where the pool has one for each', async () => {
    @Controller()
    class Tenanted {
      constructor(@InjectPool('routed') private readonly pool: SqlPool) {}
      @Get('tenanted')
      @SessionPerRequest('routed')
      async place(): Promise<string> {
        await this.pool.query('insert a 1');
        await this.pool.transaction((tx) => tx.query('insert b 1'));
        return JSON.stringify(world.data('routed.acme'));
      }
    }
    world = await start([Tenanted]);
    const answer = await world.get('tenanted', { headers: { tenant: 'acme' } });
    expect(await answer.text()).toBe('{}');
    expect(world.data('routed.acme')).toEqual({ a: '1', b: '1' });
    expect((await world.get('tenanted')).status).toBe(500);
  });
});
