import { expect } from '@jest/globals';
import { VirtualEnv } from '@nest-pooling/core/testing';
import type { PoolSettings } from '@nest-pooling/pool';
import { SingleNodePool, type SingleNodePoolOptions } from './single-node-pool.js';
import { ModelCluster, type ModelOptions, type ModelServer, type ServedSession } from './testing/index.js';

/** A pool over one modelled server on virtual time. */
export interface Bench {
  readonly env: VirtualEnv;
  readonly cluster: ModelCluster;
  readonly server: ModelServer;
  readonly pool: SingleNodePool;
  /** Moves time on until the promise settles, and gives what it settled to. */
  readonly run: <R>(promise: Promise<R>) => Promise<R>;
  /** The same for one that must reject. */
  readonly fail: (promise: Promise<unknown>) => Promise<Error>;
}

/** The sessions that the pool may lend: all but the prober's. */
export function lendable(server: ModelServer): readonly ServedSession[] {
  return [...server.sessions].filter((session) => session.lane !== 'probe');
}

export async function bench(
  settings: PoolSettings = {},
  more: Partial<SingleNodePoolOptions> & { role?: 'primary' | 'replica'; proxied?: boolean } = {},
  model: ModelOptions = {},
): Promise<Bench> {
  const env = new VirtualEnv(7);
  const cluster = new ModelCluster(env, model);
  const { role = 'primary', proxied = false, ...options } = more;
  const target = { ...cluster.add('shop.primary', role), proxied };
  const pool = new SingleNodePool(
    {
      name: 'shop',
      kind: 'model',
      driver: cluster,
      target,
      pool: { min: 1, max: 2, ...settings },
      ...options,
    },
    env,
  );
  const run = <R>(promise: Promise<R>): Promise<R> => env.until(promise);
  const fail = (promise: Promise<unknown>): Promise<Error> =>
    run(
      promise.then(
        (value) => {
          throw new Error(`did not reject, but gave ${JSON.stringify(value)}`);
        },
        (error: unknown) => error as Error,
      ),
    );
  await run(pool.start());
  return { env, cluster, server: cluster.server('shop.primary'), pool, run, fail };
}

/** The values under some keys, one letter each. */
export async function valuesOf({ pool, run }: Bench, keys: string): Promise<unknown[]> {
  const results = await run(Promise.all(keys.split('').map((key) => pool.query(`select ${key}`))));
  return results.map(({ rows }) => rows[0]!.value);
}

/** A pool of one session still has it, lends it to nobody, and leaves no timer when it is closed. */
export async function expectWhole({ env, pool, run, server }: Bench): Promise<void> {
  expect(lendable(server)).toHaveLength(1);
  expect(pool.report().nodes['shop.primary']).toMatchObject({ inUse: 0 });
  await run(pool.close());
  expect(env.pendingTimers).toBe(0);
}
