import { ConsoleLogger, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { systemEnv, type Definition } from '@nest-pooling/core';
import { SingleNodePool, type SqlPool } from '@nest-pooling/sql';
import { ModelCluster } from '@nest-pooling/sql/testing';
import { PoolingModule } from '../index.js';
import { definePool } from '../testing/index.js';

/** One way to use the module wrongly. */
export interface Misuse {
  /** What was done, as the README tells it. */
  readonly what: string;
  /** The code of the error that it gets. */
  readonly code: string;
  /** What the message must say: the fact, and the next step. */
  readonly says: RegExp;
  /** Does it. */
  readonly act: () => unknown;
}

/** A name that the compiler would refuse where the registry is declared. */
export const anyName = (name: string): 'orders' => name as 'orders';

/** A SQL pool over a modelled server. */
export function model(name: string): Definition<SqlPool> {
  const driver = new ModelCluster(systemEnv);
  const target = driver.add(name, 'primary');
  return {
    kind: 'model',
    open: (_, env) =>
      new SingleNodePool({ name, kind: 'model', driver, target, pool: { min: 0, max: 2 } }, env),
  };
}

/** Pools as an application has them: `orders` speaks SQL, `pricing` does not. */
export function pools(): DynamicModule {
  const definitions = { orders: model('orders'), pricing: definePool({ plain: true }) };
  return PoolingModule.forRoot({ health: false, pools: definitions });
}

/** Boots an application, does something with it, and ends it in every case. */
export async function boot(
  parts: {
    readonly imports?: DynamicModule[];
    readonly providers?: Provider[];
    readonly controllers?: Type[];
  },
  work?: (get: <T>(type: abstract new (...args: never) => T) => T) => unknown,
): Promise<void> {
  const { imports = [pools()], providers = [], controllers = [] } = parts;
  const builder = Test.createTestingModule({ imports, providers, controllers });
  const app = await builder.setLogger(new ConsoleLogger({ logLevels: [] })).compile();
  try {
    await app.init();
    await work?.((type) => app.get(type));
  } finally {
    await app.close();
  }
}
