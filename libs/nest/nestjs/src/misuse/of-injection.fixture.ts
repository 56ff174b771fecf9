import { Controller, Get, Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CircuitBreaker as Breaker } from '@nest-pooling/resilience';
import { ReadReplicaRouter } from '@nest-pooling/routing';
import { SqlPool } from '@nest-pooling/sql';
import {
  BreakerRegistry,
  CircuitBreaker,
  getPoolToken,
  InjectBreaker,
  InjectPool,
  InjectRouter,
  PoolingModule,
  PoolRegistry,
} from '../index.js';
import { overridePool } from '../testing/index.js';
import { anyName, boot, model, pools, type Misuse } from './misuse.fixture.js';

abstract class HttpPool {
  abstract request(): Promise<void>;
}

@Injectable()
class WrongName {
  constructor(@InjectPool(anyName('ordrs')) readonly orders: SqlPool) {}
}
@Injectable()
class WrongFace {
  @InjectPool('orders') protected readonly orders!: HttpPool;
}
@Injectable()
class NoRouter {
  constructor(@InjectRouter('orders' as 'routed') readonly orders: ReadReplicaRouter) {}
}
@Injectable()
class WrongBreaker {
  constructor(@InjectBreaker('price') readonly breaker: Breaker) {}
}
@Injectable()
class Eager {
  constructor(registry: PoolRegistry) {
    registry.get(anyName('order'));
  }
}
@Controller()
class Prices {
  @Get('a')
  @CircuitBreaker({ name: 'prices', failureThreshold: 1 })
  a(): number {
    return 1;
  }
}
@Controller()
class OtherPrices {
  @Get('b')
  @CircuitBreaker({ name: 'prices', failureThreshold: 2 })
  b(): number {
    return 1;
  }
}

/** What can be wrong where pools and breakers are asked for. */
export const ofInjection: readonly Misuse[] = [
  {
    what: '`@InjectPool` with a name that does not exist',
    code: 'POOL_UNKNOWN',
    says: /^WrongName injects a pool \(constructor parameter 0\)\. There is no pool 'ordrs'\. Did you mean 'orders'\?/,
    act: () => boot({ providers: [WrongName] }),
  },
  {
    what: '`getPoolToken` of such a name in the `inject` of a factory',
    code: 'POOL_UNKNOWN',
    says: /^REPORT injects a pool \(inject\[0\]\)\. There is no pool 'reports'\. /,
    act: () =>
      boot({ providers: [{ provide: 'REPORT', inject: [getPoolToken('reports')], useFactory: () => 1 }] }),
  },
  {
    what: 'a pool injected as a class that it is not',
    code: 'POOL_FACE_MISMATCH',
    says: /^WrongFace takes pool 'orders' as HttpPool \(property orders\), but its face is SingleNodePool\. Declare/,
    act: () => boot({ providers: [WrongFace] }),
  },
  {
    what: '`@InjectRouter` of a pool that is none',
    code: 'POOL_FACE_MISMATCH',
    says: /as ReadReplicaRouter/,
    act: () => boot({ providers: [NoRouter] }),
  },
  {
    what: '`PoolRegistry.get` of a name that does not exist',
    code: 'POOL_UNKNOWN',
    says: /There is no pool 'order'\. Did you mean 'orders'\? Known pools: 'orders', 'pricing'\./,
    act: () => boot({ providers: [Eager] }),
  },
  {
    what: '`overridePool` of a name that does not exist',
    code: 'POOL_UNKNOWN',
    says: /^overridePool replaces a pool\. There is no pool 'order'\./,
    act: async () => {
      const builder = Test.createTestingModule({ imports: [pools()] });
      await overridePool(builder, anyName('order'), {}).compile();
    },
  },
  {
    what: '`@InjectBreaker` with a name that does not exist',
    code: 'BREAKER_UNKNOWN',
    says: /^WrongBreaker injects a breaker .* There is no breaker 'price'\. Did you mean 'prices'\?/,
    act: () => boot({ providers: [WrongBreaker], controllers: [Prices] }),
  },
  {
    what: '`BreakerRegistry.get` of such a name',
    code: 'BREAKER_UNKNOWN',
    says: /Known breakers: none\. .*'Controller\.method'/,
    act: () => boot({}, (get) => get(BreakerRegistry).get('prices')),
  },
  {
    what: 'one breaker with different options at two routes',
    code: 'BREAKER_CONFLICT',
    says: /different options by Prices\.a and OtherPrices\.b.*refer to it by @CircuitBreaker\('prices'\)/,
    act: () => boot({ controllers: [Prices, OtherPrices] }),
  },
  {
    what: 'a route that gives a breaker of the options other ones',
    code: 'BREAKER_CONFLICT',
    says: /different options by the breakers of PoolingModule and Prices\.a; one of them would silently win/,
    act: () => {
      const breakers = { prices: { failureThreshold: 3 } };
      const declaring = PoolingModule.forRoot({
        health: false,
        pools: { orders: model('orders') },
        breakers,
      });
      return boot({ imports: [declaring], controllers: [Prices] });
    },
  },
];
