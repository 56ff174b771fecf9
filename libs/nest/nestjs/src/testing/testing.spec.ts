import { describe, expect, it, jest } from '@jest/globals';
import { ConsoleLogger, Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { SqlPool } from '@nest-pooling/sql';
import { InjectPool, PoolingModule, PoolRegistry } from '../index.js';
import { definePool, overridePool } from './index.js';

@Injectable()
class Orders {
  constructor(
    @InjectPool('orders') readonly orders: SqlPool,
    @InjectPool('routed') readonly routed: SqlPool,
  ) {}
}

function builderWith(start: () => void, opened: () => void) {
  const real = () =>
    definePool(
      () => {
        opened();
        return Object.create(SqlPool.prototype) as SqlPool;
      },
      { start },
    );
  return Test.createTestingModule({
    imports: [PoolingModule.forRoot({ pools: { orders: real(), routed: real(), pricing: real() } })],
    providers: [Orders],
  }).setLogger(new ConsoleLogger({ logLevels: [] }));
}

describe('overridePool', () => {
  it('replaces pools for whoever injects them, and neither opens nor starts the real ones', async () => {
    const [start, opened, standInStarted] = [jest.fn<() => void>(), jest.fn(), jest.fn<() => void>()];
    const builder = builderWith(start, opened);
    const orders = { query: async () => ({ rows: [] }) };
    overridePool(builder, 'orders', orders);
    overridePool(builder, 'routed', definePool({ stand: 'in' }, { start: standInStarted }));
    const module = await builder.compile();
    await module.init();
    expect(module.get(Orders).orders).toBe(orders);
    expect(module.get(Orders).routed).toEqual({ stand: 'in' });
    expect(module.get(PoolRegistry).get('orders')).toBe(orders);
    expect(standInStarted).toHaveBeenCalledTimes(1);
    // pricing alone is real
    expect(opened).toHaveBeenCalledTimes(1);
    expect(start).toHaveBeenCalledTimes(1);
    await module.close();
  });

  it('leaves other applications alone', async () => {
    overridePool(builderWith(jest.fn<() => void>(), jest.fn()), 'orders', {});
    const module = await builderWith(jest.fn<() => void>(), jest.fn()).compile();
    expect(module.get(Orders).orders).toBeInstanceOf(SqlPool);
    await module.close();
  });

  it('refuses a name that no module defines', async () => {
    const builder = overridePool(builderWith(jest.fn<() => void>(), jest.fn()), 'ordesr' as 'orders', {});
    await expect(builder.compile()).rejects.toMatchObject({ code: 'POOL_UNKNOWN', pool: 'ordesr' });
  });
});

describe('definePool', () => {
  it('is a pool that an application can manage', async () => {
    const log: unknown[] = [];
    const sink = {};
    const managed = definePool(
      { a: 1 },
      {
        suspended: (on) => void log.push(on),
        tune: (options) => void log.push(options),
        evict: (reason) => void log.push(reason),
        subscribe: (got) => () => void log.push(got === sink),
        close: () => void log.push('closed'),
      },
    ).open('orders', {} as never);
    expect(managed.report()).toMatchObject({ name: 'orders', status: 'starting', serving: false });
    await managed.start();
    expect(managed.report()).toMatchObject({ serving: true, nodes: { orders: { healthy: true } } });
    managed.suspend();
    expect(managed.report().status).toBe('suspended');
    managed.resume();
    managed.tune({ max: 3 });
    managed.evict('rotated');
    managed.subscribe(sink)();
    await managed.drain();
    expect(managed.report().status).toBe('draining');
    await managed.close();
    await managed.close();
    expect(log).toEqual([true, false, { max: 3 }, 'rotated', true, 'closed']);
  });
});
