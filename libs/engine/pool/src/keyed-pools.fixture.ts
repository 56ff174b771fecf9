import { VirtualEnv } from '@nest-pooling/core/testing';
import { KeyedPools, type KeyedPoolsOptions } from './index.js';
import { FakeFactory, type Thing } from './pool.fixture.js';

/** Keyed pools on virtual time, and the factories of each key in the order in which its pools were opened. */
export function keyed(options: Partial<KeyedPoolsOptions<string, Thing>> = {}) {
  const env = new VirtualEnv();
  const factories = new Map<string, FakeFactory[]>();
  const open = (key: string) => {
    const factory = new FakeFactory(env);
    factories.set(key, [...(factories.get(key) ?? []), factory]);
    return { factory, min: 0 };
  };
  const pools = new KeyedPools<string, Thing>({ name: 'tenants', open, ...options }, env);
  return { env, pools, factories };
}
