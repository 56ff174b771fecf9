import { afterEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable, SetMetadata } from '@nestjs/common';
import { deadlineKey, getContext, systemEnv } from '@nest-pooling/core';
import { routeKey, type Route, type SqlPool } from '@nest-pooling/sql';
import { lastValueFrom, Observable } from 'rxjs';
import {
  Consistency,
  Deadline,
  getPoolToken,
  Pooled,
  Transactional,
  UsePrimary,
  UseReplica,
} from '../index.js';
import { startShop, type Shop } from './method.fixture.js';

let made: Shop | undefined;
afterEach(async () => {
  await made?.app.close();
  made = undefined;
});

const here = (): Route | undefined => getContext(routeKey);

@Injectable()
class Orders {
  constructor(@Inject(getPoolToken('orders')) readonly pool: SqlPool) {}

  @UsePrimary()
  primary(): Route | undefined {
    return here();
  }

  @UseReplica({ maxLagMs: 500, strategy: 'p2c' })
  async replica(): Promise<(Route | undefined)[]> {
    await Promise.resolve();
    return [here(), this.primary(), await this.fresh()];
  }

  @Consistency('read-your-writes')
  async fresh(): Promise<Route | undefined> {
    return here();
  }

  @UsePrimary()
  flow(): Observable<Route | undefined> {
    return new Observable((subscriber) => {
      subscriber.next(here());
      subscriber.complete();
    });
  }

  @UsePrimary()
  async *pages(): AsyncGenerator<Route | undefined> {
    yield here();
    await Promise.resolve();
    yield here();
  }

  @Deadline(5_000)
  async soon(): Promise<number> {
    return (getContext(deadlineKey) ?? Infinity) - systemEnv.scheduler.now();
  }

  @Deadline(60_000)
  async nested(): Promise<number> {
    return this.soon();
  }

  @Deadline(100)
  async hasty(): Promise<unknown> {
    return this.pool.query('sleep 60000');
  }

  @Pooled('orders')
  async session(): Promise<unknown> {
    await this.pool.query('set mine');
    return this.pool.use(async ({ node }) => node);
  }

  /** Two parameters. */
  @SetMetadata('colour', 'red')
  @Transactional('orders')
  @SetMetadata('shape', 'round')
  async named(_first: string, _second: number): Promise<void> {}
}

async function start(): Promise<{ shop: Shop; orders: Orders }> {
  made = await startShop(Orders);
  return { shop: made, orders: made.app.get(Orders) };
}

describe('decorators that route', () => {
  it('set the route of a method and of what it calls; inner ones change what they name', async () => {
    const { orders } = await start();
    expect(orders.primary()).toEqual({ access: 'write' });
    const outer = { access: 'read', maxLagMs: 500, strategy: 'p2c' };
    expect(await orders.replica()).toEqual([
      outer,
      { ...outer, access: 'write' },
      { ...outer, consistency: 'read-your-writes' },
    ]);
    expect(here()).toBeUndefined();
  });

  it('hold for observables and async generators, whoever runs them', async () => {
    const { orders } = await start();
    expect(await lastValueFrom(orders.flow())).toEqual({ access: 'write' });
    const all: unknown[] = [];
    for await (const route of orders.pages()) all.push(route);
    expect(all).toEqual([{ access: 'write' }, { access: 'write' }]);
  });

  it('refuse what means nothing', () => {
    expect(() => Consistency('fresh' as never)).toThrow('read-your-writes');
    expect(() => UseReplica({ maxLagMs: -1, lag: 3 } as never)).toThrow(/lag.*maxLagMs|maxLagMs.*lag/s);
    expect(() => Deadline(0)).toThrow('ms');
  });
});

describe('@Deadline', () => {
  it('is the least of all that surround a call', async () => {
    const { orders } = await start();
    expect(await orders.soon()).toBeLessThanOrEqual(5_000);
    expect(await orders.nested()).toBeLessThanOrEqual(5_000);
  });

  it('reaches the statement', async () => {
    const { orders } = await start();
    await expect(orders.hasty()).rejects.toMatchObject({ code: 'SQL_TIMEOUT' });
  });
});

describe('@Pooled', () => {
  it('lends one session for the length of the method, and takes it back clean', async () => {
    const { shop, orders } = await start();
    expect(await orders.session()).toBe('orders');
    const { nodes } = (shop.orders as unknown as { report(): { nodes: Record<string, object> } }).report();
    expect(nodes.orders).toMatchObject({ total: 1, inUse: 0 });
  });
});

describe('a decorated method', () => {
  it('keeps its name, its length and its metadata, from above and from below', () => {
    const { named } = Orders.prototype;
    expect(named.name).toBe('named');
    expect(named).toHaveLength(2);
    expect(Reflect.getMetadata('colour', named)).toBe('red');
    expect(Reflect.getMetadata('shape', named)).toBe('round');
    expect(Reflect.getMetadata('design:paramtypes', Orders.prototype, 'named')).toEqual([String, Number]);
  });
});
