import { describe, expect, it, jest } from '@jest/globals';
import { ConsoleLogger, Controller, Inject, Injectable, type Provider, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ReadReplicaRouter } from '@nest-pooling/routing';
import { SqlPool } from '@nest-pooling/sql';
import {
  getPoolToken,
  InjectPool,
  InjectRouter,
  PoolFaceError,
  PoolingModule,
  UnknownPoolError,
} from '../index.js';
import { definePool } from '../testing/index.js';

abstract class HttpPool {
  abstract request(): Promise<void>;
}
/** A name as a program would have it whose registry is not declared. */
const anyName = (name: string) => name as 'orders';

const silent = new ConsoleLogger({ logLevels: [] });
const opened = jest.fn();
const pools = () =>
  PoolingModule.forRoot({
    health: false,
    pools: {
      orders: definePool(() => {
        opened();
        return Object.create(SqlPool.prototype) as SqlPool;
      }),
      routed: definePool(Object.create(ReadReplicaRouter.prototype) as ReadReplicaRouter),
      pricing: definePool({ plain: true }),
    },
  });

async function bootError(providers: Provider[], controllers: Type[] = []): Promise<unknown> {
  try {
    const module = await Test.createTestingModule({ imports: [pools()], providers, controllers })
      .setLogger(silent)
      .compile();
    await module.close();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('injection of a name that does not exist', () => {
  it.each(['a provider', 'a controller'])('is refused with the names that do, in %s', async (kind) => {
    const first = { provide: 'FIRST', useValue: {} };
    @Injectable()
    @Controller()
    class Orders {
      constructor(
        @Inject('FIRST') readonly _first: object,
        @InjectPool(anyName('ordesr')) readonly orders: SqlPool,
      ) {}
    }
    const error = await (kind === 'a provider' ? bootError([first, Orders]) : bootError([first], [Orders]));
    expect(error).toBeInstanceOf(UnknownPoolError);
    expect(error).toMatchObject({
      code: 'POOL_UNKNOWN',
      pool: 'ordesr',
      known: ['orders', 'routed', 'pricing'],
    });
    expect((error as Error).message).toBe(
      "Orders injects a pool (constructor parameter 1). There is no pool 'ordesr'. Did you mean 'orders'? " +
        "Known pools: 'orders', 'routed', 'pricing'. " +
        'Add it to the pools of PoolingModule.forRoot or forRootAsync, or correct the name.',
    );
  });

  it('is refused at a property, and in the inject of a factory', async () => {
    @Injectable()
    class Orders {
      @InjectPool(anyName('missing')) readonly orders!: SqlPool;
    }
    expect(await bootError([Orders])).toMatchObject({ code: 'POOL_UNKNOWN', pool: 'missing' });
    const factory = { provide: 'REPORT', inject: [getPoolToken('missing')], useFactory: () => 1 };
    const error = await bootError([factory]);
    expect(error).toMatchObject({ code: 'POOL_UNKNOWN' });
    expect((error as Error).message).toContain('REPORT injects a pool (inject[0])');
  });

  it('opens no pool', async () => {
    opened.mockClear();
    @Injectable()
    class Orders {
      constructor(@InjectPool(anyName('ordesr')) readonly orders: SqlPool) {}
    }
    await bootError([Orders]);
    expect(opened).not.toHaveBeenCalled();
  });

  it('does not matter in a class that the application does not use', async () => {
    @Injectable()
    class Elsewhere {
      constructor(@InjectPool(anyName('of another application')) readonly orders: SqlPool) {}
    }
    expect(await bootError([])).toBeUndefined();
    expect(Elsewhere).toBeDefined();
  });
});

describe('injection as the wrong face', () => {
  it('is refused before the class is made', async () => {
    const made = jest.fn();
    @Injectable()
    class Report {
      // @ts-expect-error -- the compiler says so too
      constructor(@InjectPool('orders') readonly orders: HttpPool) {
        made();
      }
    }
    const error = await bootError([Report]);
    expect(error).toBeInstanceOf(PoolFaceError);
    expect(error).toMatchObject({
      code: 'POOL_FACE_MISMATCH',
      pool: 'orders',
      expected: 'HttpPool',
      actual: 'SqlPool',
      place: { className: 'Report', member: 'constructor parameter 0' },
    });
    expect((error as Error).message).toBe(
      "Report takes pool 'orders' as HttpPool (constructor parameter 0), but its face is SqlPool. " +
        "Declare the constructor parameter 0 of Report as a class that 'orders' has, or inject another pool.",
    );
    expect(made).not.toHaveBeenCalled();
  });

  it('is refused at a property, also one that is inherited', async () => {
    class Base {
      @InjectPool('pricing') protected readonly pricing!: HttpPool;
    }
    @Injectable()
    class Report extends Base {}
    expect(await bootError([Report])).toMatchObject({
      code: 'POOL_FACE_MISMATCH',
      place: { className: 'Report', member: 'property pricing' },
      actual: 'an object without a class',
    });
  });

  it('is refused in a constructor that is inherited, but not in one that is replaced', async () => {
    @Injectable()
    class Base {
      // @ts-expect-error -- the compiler says so too
      constructor(@InjectPool('orders') readonly pool: HttpPool) {}
    }
    @Injectable()
    class Inherits extends Base {}
    @Injectable()
    class Replaces extends Base {
      constructor(@InjectPool('orders') orders: SqlPool) {
        super(orders as never);
      }
    }
    expect(await bootError([Inherits])).toMatchObject({ place: { className: 'Inherits' } });
    expect(await bootError([Replaces])).toBeUndefined();
  });

  it('is refused for a router that is none, whatever the parameter is declared as', async () => {
    @Injectable()
    class Report {
      constructor(@InjectRouter('orders' as 'routed') readonly orders: ReadReplicaRouter | string) {}
    }
    expect(await bootError([Report])).toMatchObject({
      code: 'POOL_FACE_MISMATCH',
      expected: 'ReadReplicaRouter',
      actual: 'SqlPool',
    });
  });

  it('says so when the class is installed twice', async () => {
    class Twin {
      twin = true;
    }
    Object.defineProperty(Twin, 'name', { value: 'SqlPool' });
    @Injectable()
    class Report {
      constructor(readonly orders: Twin) {}
    }
    Reflect.defineMetadata('design:paramtypes', [Twin], Report);
    InjectPool('orders')(Report as never, undefined, 0);
    expect(String(await bootError([Report]))).toContain('installed twice');
  });

  it('passes a router as a SqlPool, and anything where nothing is known', async () => {
    @Injectable()
    class Report {
      constructor(
        @InjectPool('routed') readonly reads: SqlPool,
        @InjectRouter('routed') readonly router: ReadReplicaRouter,
        @InjectPool('pricing') readonly pricing: object,
        @InjectPool('orders') readonly orders: SqlPool | undefined,
      ) {}
    }
    expect(await bootError([Report])).toBeUndefined();
  });
});
