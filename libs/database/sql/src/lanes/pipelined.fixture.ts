import { VirtualEnv } from '@nest-pooling/core/testing';
import type { PoolSettings } from '@nest-pooling/pool';
import type { NodeTarget } from '../driver.js';
import { SingleNodePool, type SingleNodePoolOptions } from '../single-node-pool.js';
import { HandDriver } from './hand-driver.fixture.js';

/** A pool over such a driver, started. */
export async function handPool(settings: PoolSettings = {}, more: Partial<SingleNodePoolOptions> = {}) {
  const env = new VirtualEnv(3);
  const driver = new HandDriver();
  const credentials = (): Promise<{ user: string }> => Promise.resolve({ user: 'hand' });
  const target: NodeTarget = { id: 'shop.primary', host: 'h', port: 1, proxied: false, credentials };
  const options = { name: 'shop', kind: 'hand', driver, target, pool: { min: 1, max: 4, ...settings } };
  const pool = new SingleNodePool({ ...options, ...more }, env);
  await env.until(pool.start());
  return { env, driver, pool };
}

/** What became of a promise. */
export function outcomeOf<R>(promise: Promise<R>): { state: string; value?: R; error?: Error } {
  const outcome: { state: string; value?: R; error?: Error } = { state: 'pending' };
  promise.then(
    (value) => Object.assign(outcome, { state: 'fulfilled', value }),
    (error: unknown) => Object.assign(outcome, { state: 'rejected', error }),
  );
  return outcome;
}

/** What {@link handPool} makes. */
export type Made = Awaited<ReturnType<typeof handPool>>;

/** So many reads at once; the first runs alone, the others share. */
export async function reads({ env, pool }: Made, count: number, options = {}) {
  const outcomes = Array.from({ length: count }, (_, n) => outcomeOf(pool.query(`r ${n}`, [], options)));
  await env.settle();
  return outcomes;
}

/** Answers everything, wherever it is, until nothing is left. */
export async function answerAll({ env, driver }: Made): Promise<void> {
  for (let quiet = 0; quiet < 3; quiet++) {
    for (const session of driver.sessions) {
      while (session.sent.length > 0) {
        session.answer();
        await env.settle();
        quiet = 0;
      }
    }
    await env.settle();
  }
}

/** Closes; nothing may be left. */
export async function end(made: Made): Promise<void> {
  await made.env.until(made.pool.close());
  if (made.env.pendingTimers > 0) throw new Error(`${made.env.pendingTimers} timers are left`);
}
