import { VirtualEnv } from '@nest-pooling/core/testing';
import { ModelCluster, type ModelOptions } from '@nest-pooling/sql/testing';
import type { RouterOptions } from './options.js';
import { ReadReplicaRouter } from './read-replica-router.js';
import type { ReadOptions } from './ways.js';

/** A router over a modelled primary and replicas, on virtual time. */
export interface Shop {
  readonly env: VirtualEnv;
  readonly cluster: ModelCluster;
  readonly router: ReadReplicaRouter;
  /** Moves time on until the promise settles, and gives what it settled to. */
  readonly run: <R>(promise: Promise<R>) => Promise<R>;
  /** The same for one that must reject. */
  readonly fail: (promise: Promise<unknown>) => Promise<Error>;
  /** How many of `n` reads each node served. */
  readonly spread: (n: number, options?: ReadOptions) => Promise<Record<string, number>>;
}

export async function shop(
  options: Partial<RouterOptions> = {},
  replicas = 2,
  model: ModelOptions = {},
): Promise<Shop> {
  const env = new VirtualEnv(7);
  const cluster = new ModelCluster(env, model);
  const primary = cluster.add('shop.primary', 'primary');
  const router = new ReadReplicaRouter(
    {
      name: 'shop',
      kind: 'model',
      driver: cluster,
      primary,
      replicas: Array.from({ length: replicas }, (_, at) => ({
        target: cluster.add(`shop.replica-${at + 1}`, 'replica'),
      })),
      pool: { min: 1, max: 4 },
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
  const spread: Shop['spread'] = async (n, readOptions) => {
    const counts: Record<string, number> = {};
    for (let at = 0; at < n; at++) {
      const { node } = await run(router.read('select a', [], readOptions));
      counts[node] = (counts[node] ?? 0) + 1;
    }
    return counts;
  };
  return { env, cluster, router, run, fail, spread };
}

/** `workers` loops that read until told to stop. */
export function readers(
  router: ReadReplicaRouter,
  workers: number,
  /** Lets a reader that has failed pause for a moment: what fails at once would go round for ever. */
  env?: VirtualEnv,
): { stop(): Promise<{ ok: Record<string, number>; failed: Error[] }> } {
  const state = { going: true };
  const ok: Record<string, number> = {};
  const failed: Error[] = [];
  const loop = async (): Promise<void> => {
    while (state.going) {
      try {
        const { node } = await router.read('select a', [], { timeoutMs: 2_000 });
        ok[node] = (ok[node] ?? 0) + 1;
      } catch (error) {
        failed.push(error as Error);
        if (env !== undefined) await new Promise<void>((resolve) => void env.scheduler.after(1, resolve));
      }
    }
  };
  const loops = Array.from({ length: workers }, loop);
  return {
    async stop() {
      state.going = false;
      await Promise.all(loops);
      return { ok, failed };
    },
  };
}
