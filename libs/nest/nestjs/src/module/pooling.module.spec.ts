import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { ConsoleLogger, Inject, Injectable, Module, Scope, type DynamicModule } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { OptionsError, type Plugin } from '@nest-pooling/core';
import { SqlPool } from '@nest-pooling/sql';
import {
  DuplicatePoolError,
  getPoolToken,
  InjectPool,
  PluginError,
  PoolingModule,
  PoolOpenError,
  PoolRegistry,
  PoolScopeError,
} from '../index.js';
import { definePool } from '../testing/index.js';

const face = () => Object.create(SqlPool.prototype) as SqlPool;
const sql = () => definePool(face());
const silent = new ConsoleLogger({ logLevels: [] });
const open: TestingModule[] = [];

async function boot(...imports: DynamicModule[]): Promise<TestingModule> {
  const module = await Test.createTestingModule({ imports }).setLogger(silent).compile();
  open.push(module);
  await module.init();
  return module;
}

afterEach(async () => {
  for (const module of open.splice(0)) await module.close();
});

describe('PoolingModule', () => {
  it('injects pools by name, everywhere', async () => {
    @Injectable()
    class Orders {
      @InjectPool('routed') readonly property!: unknown;
      constructor(@InjectPool('orders') readonly orders: SqlPool) {}
    }
    @Module({ providers: [Orders], exports: [Orders] })
    class Feature {}
    const [orders, routed] = [face(), face()];
    const app = await boot(
      PoolingModule.forRoot({ pools: { orders: definePool(orders), routed: definePool(routed) } }),
      { module: Feature },
    );
    expect(app.get(Orders).orders).toBe(orders);
    expect(app.get(Orders).property).toBe(routed);
    expect(app.get(getPoolToken('orders'))).toBe(orders);
  });

  it('is visible only to its importers when it is not global', async () => {
    @Injectable()
    class Orders {
      constructor(@InjectPool('orders') readonly orders: SqlPool) {}
    }
    const pools = PoolingModule.forRoot({ isGlobal: false, pools: { orders: sql() } });
    @Module({ providers: [Orders] })
    class Outside {}
    @Module({ imports: [pools], providers: [Orders] })
    class Inside {}
    expect((await boot({ module: Inside })).get(Orders).orders).toBeInstanceOf(SqlPool);
    await expect(boot(pools, { module: Outside })).rejects.toThrow(/nest-pooling:pool:orders/);
  });

  it('takes a factory with dependencies, from imports and from providers of its own', async () => {
    @Module({ providers: [{ provide: 'REGION', useValue: 'north' }], exports: ['REGION'] })
    class Config {}
    const factory = jest.fn(async (region: string, size: number) => {
      expect([region, size]).toEqual(['north', 3]);
      return { orders: sql() };
    });
    const app = await boot(
      PoolingModule.forRootAsync({
        pools: ['orders'],
        imports: [Config],
        extraProviders: [{ provide: 'SIZE', useValue: 3 }],
        inject: ['REGION', 'SIZE'],
        useFactory: factory,
      }),
    );
    expect(factory).toHaveBeenCalledTimes(1);
    expect(app.get(PoolRegistry).names()).toEqual(['orders']);
  });

  it('takes a class, and a provider that exists already', async () => {
    @Injectable()
    class Pools {
      createPools() {
        return { orders: sql() };
      }
    }
    @Module({ providers: [Pools], exports: [Pools] })
    class Existing {}
    const byClass = await boot(PoolingModule.forRootAsync({ pools: ['orders'], useClass: Pools }));
    expect(byClass.get(getPoolToken('orders'))).toBeInstanceOf(SqlPool);
    const byExisting = await boot(
      PoolingModule.forRootAsync({ pools: ['orders'], imports: [Existing], useExisting: Pools }),
    );
    expect(byExisting.get(getPoolToken('orders'))).toBeInstanceOf(SqlPool);
  });

  it('serves two registrations from one registry, and refuses a name in both', async () => {
    const first = PoolingModule.forRoot({ pools: { orders: sql() } });
    @Injectable()
    class Both {
      constructor(
        @InjectPool('orders') readonly orders: SqlPool,
        @InjectPool('pricing') readonly pricing: unknown,
      ) {}
    }
    @Module({ providers: [Both], exports: [Both] })
    class Feature {}
    const pricing = face();
    const second = PoolingModule.forRootAsync({
      health: false,
      pools: ['pricing'],
      useFactory: () =>
        new Promise((resolve) => setImmediate(resolve, { pricing: definePool(pricing) })) as never,
    });
    const app = await boot({ module: Feature }, first, second);
    expect(app.get(Both).pricing).toBe(pricing);
    expect(app.get(getPoolToken('pricing'))).toBe(pricing);
    expect(app.get(PoolRegistry).names().toSorted()).toEqual(['orders', 'pricing']);
    expect(app.get(PoolRegistry).get('pricing')).toBeInstanceOf(SqlPool);

    const error = await boot(first, PoolingModule.forRoot({ pools: { orders: sql() }, health: false })).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(DuplicatePoolError);
    expect(error).toMatchObject({ code: 'POOL_DUPLICATE', pools: ['orders'] });
  });

  it('does not take one module that is imported twice for two', async () => {
    const pools = PoolingModule.forRoot({ pools: { orders: sql() } });
    @Module({ imports: [pools] })
    class Feature {}
    const app = await boot(pools, { module: Feature });
    expect(app.get(PoolRegistry).names()).toEqual(['orders']);
  });

  it('refuses two health controllers on one route', async () => {
    const booting = boot(
      PoolingModule.forRoot({ pools: { orders: sql() } }),
      PoolingModule.forRoot({ pools: { pricing: sql() } }),
    );
    await expect(booting).rejects.toBeInstanceOf(OptionsError);
    await expect(booting).rejects.toThrow('health/pools exists already');
  });

  it('refuses pools that would be made for each request', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest {}
    @Module({ providers: [PerRequest], exports: [PerRequest] })
    class Feature {}
    @Injectable()
    class Orders {
      constructor(@Inject(getPoolToken('orders')) readonly orders: unknown) {}
    }
    const error = await boot(
      PoolingModule.forRootAsync({
        pools: ['orders'],
        imports: [Feature],
        inject: [PerRequest],
        useFactory: () => ({ orders: sql() }),
      }),
      { module: Feature, providers: [Orders] },
    ).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(PoolScopeError);
    expect(error).toMatchObject({ code: 'POOL_SCOPE', pools: ['orders'] });
  });

  it('names the pool whose definition throws, and closes those that were opened before', async () => {
    const close = jest.fn<() => void>();
    const detach = jest.fn();
    const plugin: Plugin = { name: 'watch', attach: () => detach };
    const error = await boot(
      PoolingModule.forRoot({
        plugins: [plugin],
        pools: {
          orders: definePool(face(), { close }),
          routed: definePool((): object => {
            throw new Error('connect to postgres://u:secret@h');
          }),
        },
      }),
    ).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(PoolOpenError);
    expect(error).toMatchObject({ code: 'POOL_OPEN_FAILED', pool: 'routed' });
    expect((error as Error).message).not.toContain('secret');
    expect(close).toHaveBeenCalledTimes(1);
    expect(detach).toHaveBeenCalledTimes(1);
  });

  it('names the plugin and the pool when it cannot be attached', async () => {
    const close = jest.fn<() => void>();
    const plugin: Plugin = {
      name: 'metrics',
      attach: () => {
        throw new Error('no registry');
      },
    };
    const error = await boot(
      PoolingModule.forRoot({ plugins: [plugin], pools: { orders: definePool(face(), { close }) } }),
    ).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(PluginError);
    expect(error).toMatchObject({ code: 'PLUGIN_FAILED', plugin: 'metrics', pool: 'orders' });
    expect(close).toHaveBeenCalledTimes(1);
  });
});
