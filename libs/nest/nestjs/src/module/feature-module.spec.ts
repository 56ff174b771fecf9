import { afterEach, describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Injectable, Module, type DynamicModule } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { OptionsError } from '@nest-pooling/core';
import { SqlPool } from '@nest-pooling/sql';
import { InjectPool, PoolFaceError, PoolingModule, UnknownPoolError } from '../index.js';
import { definePool } from '../testing/index.js';

const face = Object.create(SqlPool.prototype) as SqlPool;
const silent = new ConsoleLogger({ logLevels: [] });
const booted: TestingModule[] = [];
/** As if the registry of names were not declared. */
const anyName = (name: string) => name as 'orders';

async function boot(...imports: DynamicModule[]): Promise<TestingModule> {
  const module = await Test.createTestingModule({ imports }).setLogger(silent).compile();
  booted.push(module);
  return module.init();
}

const registered = (pool: object = face) =>
  PoolingModule.forRootAsync({
    isGlobal: false,
    pools: ['orders'],
    // Later than the feature asks for it.
    useFactory: () => new Promise((resolve) => setImmediate(resolve, { orders: definePool(pool) })) as never,
  });

afterEach(async () => {
  for (const module of booted.splice(0)) await module.close();
});

describe('PoolingModule.forFeature', () => {
  @Injectable()
  class Orders {
    constructor(@InjectPool('orders') readonly orders: SqlPool) {}
  }

  it('gives a pool of a registration that is not global to the module that imports it, whichever comes first', async () => {
    const feature = () => {
      @Module({ imports: [PoolingModule.forFeature(['orders'])], providers: [Orders] })
      class Feature {}
      return { module: Feature };
    };
    expect((await boot(feature(), registered())).get(Orders).orders).toBe(face);
    expect((await boot(registered(), feature())).get(Orders).orders).toBe(face);
  });

  it('still checks the face', async () => {
    @Module({ imports: [PoolingModule.forFeature(['orders'])], providers: [Orders] })
    class Feature {}
    await expect(boot({ module: Feature }, registered({}))).rejects.toBeInstanceOf(PoolFaceError);
  });

  it('gives several features the same pool', async () => {
    @Injectable()
    class Others {
      constructor(@InjectPool('orders') readonly orders: SqlPool) {}
    }
    @Module({ imports: [PoolingModule.forFeature(['orders'])], providers: [Orders] })
    class First {}
    @Module({ imports: [PoolingModule.forFeature(['orders'])], providers: [Others] })
    class Second {}
    const app = await boot({ module: First }, { module: Second }, registered());
    expect(app.get(Others).orders).toBe(app.get(Orders).orders);
  });

  it('refuses a name that no registration knows, with the nearest, at boot', async () => {
    const error = await boot(registered(), PoolingModule.forFeature([anyName('ordres')])).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(UnknownPoolError);
    expect((error as Error).message).toContain('PoolingModule.forFeature');
    expect((error as Error).message).toContain("Did you mean 'orders'? Known pools: 'orders'.");
  });

  it('says so where there is no registration at all', async () => {
    const error = await boot(PoolingModule.forFeature(['orders'])).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UnknownPoolError);
    expect((error as Error).message).toContain('Known pools: none');
  });

  it.each<[string, unknown]>([
    ['no name', []],
    ['what is no array', 'orders'],
    ['an empty name', ['']],
    ['a name twice', ['orders', 'orders']],
  ])('refuses %s at once', (_, names) => {
    expect(() => PoolingModule.forFeature(names as never)).toThrow(OptionsError);
  });
});
