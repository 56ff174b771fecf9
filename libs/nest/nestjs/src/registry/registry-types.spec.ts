import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import type { Definition } from '@nest-pooling/core';
import type { ReadReplicaRouter } from '@nest-pooling/routing';
import { SqlPool } from '@nest-pooling/sql';
import {
  InjectPool,
  InjectRouter,
  InjectTenants,
  PoolingModule,
  type TenantPools,
  type PoolRegistry,
  type PoolsOf,
} from '../index.js';
import type { PoolNameIn } from './registry-types.js';

// These tests are judged by the compiler: an expectation that no longer holds stops `tsc -b tsconfig.spec.json`.

abstract class HttpPool {
  abstract request(url: string): Promise<string>;
}
class Config {
  readonly url = 'somewhere';
}
declare function sql(): Definition<SqlPool>;
declare function routed(): Definition<ReadReplicaRouter>;
declare function http(): Definition<HttpPool>;
declare function byTenant(): Definition<TenantPools<SqlPool>>;

// Never called: only its type is of interest.
const registered = () =>
  PoolingModule.forRootAsync({
    pools: ['orders', 'routed', 'pricing', 'tenanted'],
    inject: [Config, 'region'],
    useFactory: (config, region) => {
      config.url satisfies string;
      // @ts-expect-error -- a token that is a class gives its instances
      const nothing: unknown = config.nothing;
      void [nothing, region.anything];
      return { orders: sql(), routed: routed(), pricing: http(), tenanted: byTenant() };
    },
  });

declare module '@nest-pooling/nestjs' {
  interface PoolRegistryTypes extends PoolsOf<ReturnType<typeof registered>> {}
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the usual trick to compare types exactly
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(yes: Equal<A, B>): void => void yes;

describe('names and faces of pools at compile time', () => {
  it('are inferred from the module', () => {
    type Faces = PoolsOf<ReturnType<typeof registered>>;
    same<keyof Faces, 'orders' | 'routed' | 'pricing' | 'tenanted'>(true);
    same<Faces['orders'], SqlPool>(true);
    same<Faces['pricing'], HttpPool>(true);
    same<PoolNameIn<Faces>, 'orders' | 'routed' | 'pricing' | 'tenanted'>(true);
    expect(registered).toBeDefined();
  });

  it('are any string while the registry is not declared', () => {
    same<PoolNameIn<object>, string>(true);
    expect(SqlPool).toBeDefined();
  });

  it('are checked where a pool is injected', () => {
    @Injectable()
    class Right {
      @InjectPool('orders') readonly property!: SqlPool;
      constructor(
        @InjectPool('orders') readonly orders: SqlPool,
        @InjectRouter('routed') readonly router: ReadReplicaRouter,
        @InjectTenants('tenanted') readonly tenanted: TenantPools<SqlPool>,
        @InjectPool('routed') readonly asSql: SqlPool,
        @InjectPool('pricing') readonly pricing: HttpPool,
        @InjectPool('pricing') readonly loose: object,
      ) {}
    }
    class Misspelt {
      // @ts-expect-error -- 'ordesr' is no pool
      constructor(@InjectPool('ordesr') readonly orders: SqlPool) {}
    }
    class WrongFace {
      // @ts-expect-error -- 'pricing' is no SqlPool
      constructor(@InjectPool('pricing') readonly orders: SqlPool) {}
    }
    class WrongProperty {
      // @ts-expect-error -- 'orders' is no HttpPool
      @InjectPool('orders') readonly pricing!: HttpPool;
    }
    class NoRouter {
      // @ts-expect-error -- 'orders' has no replicas to route to
      constructor(@InjectRouter('orders') readonly orders: SqlPool) {}
    }
    class NoTenants {
      // @ts-expect-error -- 'orders' is one pool for all
      constructor(@InjectTenants('orders') readonly orders: SqlPool) {}
    }
    expect([Right, Misspelt, WrongFace, WrongProperty, NoRouter, NoTenants]).toHaveLength(6);
  });

  it('are checked where the registry is asked', () => {
    const ask = (registry: PoolRegistry): void => {
      same<ReturnType<typeof registry.get<'orders'>>, SqlPool>(true);
      registry.managed('pricing');
      // @ts-expect-error -- 'ordesr' is no pool
      registry.get('ordesr');
    };
    expect(ask).toBeDefined();
  });

  it('must be the same in pools and in what the factory returns', () => {
    const calls = [
      () =>
        PoolingModule.forRootAsync({
          pools: ['orders', 'routed'],
          // @ts-expect-error -- routed is missing
          useFactory: () => ({ orders: sql() }),
        }),
      () =>
        PoolingModule.forRootAsync({
          pools: ['orders'],
          // @ts-expect-error -- 'routed' is not listed in pools
          useFactory: () => ({ orders: sql(), routed: routed() }),
        }),
      () =>
        PoolingModule.forRootAsync({
          pools: ['orders'],
          // @ts-expect-error -- the same for a promise
          useFactory: async () => ({ orders: sql(), routed: routed() }),
        }),
      () =>
        PoolingModule.forRootAsync({
          pools: ['orders'],
          // @ts-expect-error -- a string is no definition
          useFactory: () => ({ orders: 'postgres://…' }),
        }),
      // @ts-expect-error -- neither a factory nor a class
      () => PoolingModule.forRootAsync({ pools: ['orders'] }),
      // @ts-expect-error -- a string is no definition
      () => PoolingModule.forRoot({ pools: { orders: 'postgres://…' } }),
    ];
    expect(calls).toHaveLength(6);
  });

  it('are inferred from a class too', () => {
    class Pools {
      createPools() {
        return { orders: sql(), pricing: http() };
      }
    }
    const right = () => PoolingModule.forRootAsync({ pools: ['orders', 'pricing'], useClass: Pools });
    same<PoolsOf<ReturnType<typeof right>>['pricing'], HttpPool>(true);
    // @ts-expect-error -- pricing is not listed in pools
    const extra = () => PoolingModule.forRootAsync({ pools: ['orders'], useExisting: Pools });
    const missing = () =>
      PoolingModule.forRootAsync({
        pools: ['orders', 'pricing', 'routed'],
        // @ts-expect-error -- routed is missing
        useClass: Pools,
      });
    expect([right, extra, missing]).toHaveLength(3);
  });
});
