import { describe, expect, it } from '@jest/globals';
import { InjectPool, InjectRouter, PoolRegistry, type PoolName, type RouterName } from '@nest-pooling/nestjs';
import { ReadReplicaRouter } from '@nest-pooling/routing';
import { SqlPool } from '@nest-pooling/sql';
import { pools } from './pools.js';

class WrongFace {
  constructor(
    // @ts-expect-error -- a pool without replicas is no router
    @InjectPool('analytics') readonly analytics: ReadReplicaRouter,
  ) {}
}

class RightFaces {
  constructor(
    @InjectRouter('orders') readonly router: ReadReplicaRouter,
    // A router is a pool, too.
    @InjectPool('orders') readonly orders: SqlPool,
    @InjectPool('analytics') readonly analytics: SqlPool,
  ) {}
}

/** Compiled by `npm run check`, where each line that is wrong must be an error. */
const wrongNames = {
  // @ts-expect-error -- misspelt
  misspelt: () => InjectPool('oders'),
  // @ts-expect-error -- has no replicas
  noRouter: () => InjectRouter('analytics'),
  // @ts-expect-error -- misspelt
  unknown: (registry: PoolRegistry) => registry.get('order'),
};

describe('the registry of names', () => {
  it('is inferred from the module', () => {
    const names: Record<PoolName, true> = { orders: true, analytics: true, branches: true };
    const routers: Record<RouterName, true> = { orders: true };
    expect(pools.module.name).toBe('PoolingModule');
    expect([WrongFace, RightFaces, wrongNames]).toHaveLength(3);
    expect([Object.keys(names), Object.keys(routers)]).toEqual([
      ['orders', 'analytics', 'branches'],
      ['orders'],
    ]);
  });
});
