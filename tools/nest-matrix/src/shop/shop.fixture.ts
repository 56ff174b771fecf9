import { ClientAbortInterceptor, InjectPool, PoolingModule } from '@nest-pooling/nestjs';
import { postgres } from '@nest-pooling/postgres';
import type { PostgresCluster } from '@nest-pooling/services';
import { SqlPool } from '@nest-pooling/sql';
import { Injectable, Module, type DynamicModule, type Type } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { from, isObservable, type Observable } from 'rxjs';
import { Journal, Orders, Stock, type Order } from './orders.fixture.js';
import { APPLICATION } from './world.fixture.js';

/** What a server says that no client may see. */
export const SECRET = 'the secret of the server';

/** What every transport offers, by name. */
export const OPERATIONS = [
  'promise',
  'observable',
  'iterator',
  'reads',
  'slow',
  'hang',
  'busy',
  'conflict',
] as const;

/** One of {@link OPERATIONS}. */
export type Operation = (typeof OPERATIONS)[number];

/** Stands between the handlers of the transports and the services. */
@Injectable()
export class Shop {
  constructor(
    readonly orders: Orders,
    @InjectPool('tiny') private readonly tiny: SqlPool,
  ) {}

  /** What a handler gives back: a promise or an observable. An async iterator becomes one, since no transport of Nest takes it as it is. */
  run(operation: Operation, order: Order): Promise<unknown> | Observable<unknown> {
    if (operation === 'busy') return this.tiny.query('SELECT 1', [], { access: 'write' });
    if (operation === 'conflict')
      return this.orders.pool.query(
        `DO $$ BEGIN RAISE EXCEPTION '${SECRET}' USING ERRCODE = 'serialization_failure'; END $$`,
      );
    const given = this.orders[operation](order);
    return given instanceof Promise || isObservable(given) ? given : from(given);
  }
}

/** The application, with the classes of one transport. */
export function shopModule(
  cluster: PostgresCluster,
  own: { controllers?: Type[]; providers?: Type[]; imports?: DynamicModule[] } = {},
): Type {
  const { url } = cluster.primary;
  const session = { applicationName: APPLICATION };
  @Module({
    imports: [
      PoolingModule.forRoot({
        pools: {
          shop: postgres({
            primary: { url },
            replicas: cluster.replicas.map((replica) => ({ url: replica.url })),
            session,
          }),
          tiny: postgres({ primary: { url }, pool: { min: 0, max: 1, acquireTimeoutMs: 100 }, session }),
        },
      }),
      ...(own.imports ?? []),
    ],
    controllers: own.controllers ?? [],
    providers: [
      { provide: APP_INTERCEPTOR, useClass: ClientAbortInterceptor },
      Journal,
      Stock,
      Orders,
      Shop,
      ...(own.providers ?? []),
    ],
  })
  class ShopModule {}
  return ShopModule;
}
