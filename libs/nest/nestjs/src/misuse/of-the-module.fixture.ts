import { Injectable, Module, Scope } from '@nestjs/common';
import { PoolingModule } from '../index.js';
import { definePool } from '../testing/index.js';
import { boot, model, type Misuse } from './misuse.fixture.js';

const sql = () => definePool({});
const factory = (returned: object) =>
  boot({
    imports: [PoolingModule.forRootAsync({ pools: ['orders'], useFactory: () => returned as never })],
  });

@Injectable({ scope: Scope.REQUEST })
class PerRequest {}
@Module({ providers: [PerRequest], exports: [PerRequest] })
class Feature {}

/** What can be wrong with the module itself. */
export const ofTheModule: readonly Misuse[] = [
  {
    what: '`forRoot` without pools',
    code: 'OPTIONS_INVALID',
    says: /pools: must be an object of definitions by pool name/,
    act: () => PoolingModule.forRoot({} as never),
  },
  {
    what: 'a URL in the place of a definition',
    code: 'OPTIONS_INVALID',
    says: /^(?!.*hunter2).*pools\.orders: must be a definition, such as postgres\({ … }\) returns \(got string\)/s,
    act: () => PoolingModule.forRoot({ pools: { orders: 'postgres://u:hunter2@h/db' } as never }),
  },
  {
    what: 'an option that is misspelt',
    code: 'OPTIONS_INVALID',
    says: /drainDeadline: is unknown; did you mean drainDeadlineMs\?/,
    act: () => PoolingModule.forRoot({ pools: { orders: sql() }, drainDeadline: 1 } as never),
  },
  {
    what: 'a breaker of the options that could never open',
    code: 'OPTIONS_INVALID',
    says: /breakers\.pricing\.failureThreshold: is needed without a window: nothing else would open it/,
    act: () =>
      PoolingModule.forRoot({
        pools: { orders: sql() },
        breakers: { pricing: { failureThreshold: Infinity } },
      }),
  },
  {
    what: '`forRootAsync` without a factory',
    code: 'OPTIONS_INVALID',
    says: /exactly one of useFactory, useClass, useExisting must be given \(got none\)/,
    act: () => PoolingModule.forRootAsync({ pools: ['orders'] } as never),
  },
  {
    what: '`forRootAsync` with two factories',
    code: 'OPTIONS_INVALID',
    says: /exactly one of useFactory, useClass, useExisting/,
    act: () =>
      PoolingModule.forRootAsync({ pools: ['orders'], useFactory: () => ({}), useClass: Object } as never),
  },
  {
    what: 'a name that is listed twice',
    code: 'OPTIONS_INVALID',
    says: /pools\[1\]: is listed twice/,
    act: () =>
      PoolingModule.forRootAsync({ pools: ['orders', 'orders'], useFactory: () => ({ orders: sql() }) }),
  },
  {
    what: 'a factory that returns too few pools',
    code: 'OPTIONS_INVALID',
    says: /orders: is listed in pools, but there is no definition of it/,
    act: () => factory({}),
  },
  {
    what: 'a factory that returns a pool that is not listed',
    code: 'OPTIONS_INVALID',
    says: /order: is not listed in pools; did you mean orders\?/,
    act: () => factory({ orders: sql(), order: sql() }),
  },
  {
    what: 'a factory that returns no object',
    code: 'OPTIONS_INVALID',
    says: /must be an object of definitions by pool name \(got an array\)/,
    act: () => factory([]),
  },
  {
    what: 'two modules that define the same pool',
    code: 'POOL_DUPLICATE',
    says: /More than one PoolingModule .*'orders'.*keep the module in one constant/,
    act: () => {
      const module = () => PoolingModule.forRoot({ health: false, pools: { orders: sql() } });
      return boot({ imports: [module(), module()] });
    },
  },
  {
    what: 'two modules with the health routes at one path',
    code: 'OPTIONS_INVALID',
    says: /the route health\/pools exists already; set health: false/,
    act: () =>
      boot({ imports: ['a', 'b'].map((name) => PoolingModule.forRoot({ pools: { [name]: sql() } })) }),
  },
  {
    what: 'a factory that injects a request-scoped provider',
    code: 'POOL_SCOPE',
    says: /'orders' injects a provider that is not a singleton.*Inject only providers of default scope/,
    act: () =>
      boot({
        imports: [
          PoolingModule.forRootAsync({
            pools: ['orders'],
            imports: [Feature],
            inject: [PerRequest],
            useFactory: () => ({ orders: sql() }),
          }),
        ],
      }),
  },
  {
    what: 'a definition that cannot be opened',
    code: 'POOL_OPEN_FAILED',
    says: /Pool 'orders' could not be opened: TypeError\. Correct its definition/,
    act: () => {
      const open = (): never => {
        throw new TypeError('hunter2');
      };
      return boot({ imports: [PoolingModule.forRoot({ pools: { orders: { kind: 'x', open } as never } })] });
    },
  },
  {
    what: 'a required server that is not there',
    code: 'POOL_START_FAILED',
    says: /cannot start without pool 'orders'.*Start the servers, or give .*required: false/s,
    act: () => {
      const start = (): never => {
        throw new Error('nobody listens');
      };
      return boot({ imports: [PoolingModule.forRoot({ pools: { orders: definePool({}, { start }) } })] });
    },
  },
  {
    what: 'a plugin that fails when it is attached',
    code: 'PLUGIN_FAILED',
    says: /'metrics'.*'orders'/,
    act: () => {
      const attach = (): never => {
        throw new Error('no');
      };
      const plugins = [{ name: 'metrics', attach }];
      return boot({ imports: [PoolingModule.forRoot({ pools: { orders: model('orders') }, plugins })] });
    },
  },
];
