import type { Definition } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { tenants, type TenantsOptions } from '../index.js';
import { definePool, type PoolHooks } from '../testing/index.js';

/** What a tenant's pool is injected as. */
export interface Face {
  readonly tenant: string;
}
/** What a promise rejects with. */
export const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
/** A promise, and what resolves it. */
export const gate = () => {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
};

/** Pools of tenants on virtual time, that write down what happens to them. */
export function opened(
  options: Partial<TenantsOptions<Face>> = {},
  hooks: (tenant: string) => PoolHooks = () => ({}),
) {
  const env = new VirtualEnv();
  const log: string[] = [];
  const create = (tenant: string): Definition<Face> => {
    log.push(`create ${tenant}`);
    return definePool(
      (name) => {
        log.push(`open ${name}`);
        return { tenant };
      },
      {
        drain: (ms) => void log.push(`drain ${tenant} ${ms}`),
        close: () => void log.push(`close ${tenant}`),
        ...hooks(tenant),
      },
    );
  };
  const managed = tenants<Face>({ create, ...options }).open('orders', env);
  return { env, log, managed, pools: managed.face };
}
