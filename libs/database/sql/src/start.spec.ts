import { describe, expect, it } from '@jest/globals';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { SqlStartError } from './errors.js';
import { bench } from './model.fixture.js';
import { SingleNodePool } from './single-node-pool.js';
import type { SqlNode } from './sql-node.js';
import { untilOneAnswers } from './start.js';

describe('starting', () => {
  it('rejects when a required server does not answer in time, and says so', async () => {
    const { env, cluster, pool, run, fail } = await bench();
    await run(pool.close());
    cluster.kill('shop.primary');
    const target = cluster.add('shop.other', 'primary');
    cluster.kill('shop.other');
    const options = { name: 'other', kind: 'model', driver: cluster, target, pool: {}, startTimeoutMs: 500 };
    const required = new SingleNodePool(options, env);
    const error = await fail(required.start());
    expect(error).toBeInstanceOf(SqlStartError);
    expect(error.message).toContain('shop.other: SQL_CONNECT_FAILED');
    await run(required.close());
    const optional = new SingleNodePool({ ...options, required: false }, env);
    await run(optional.start());
    expect(optional.report().status).toBe('active');
    cluster.restore('shop.other');
    await env.advance(6_000);
    await run(optional.query('select a'));
    await run(optional.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('leaves no timer behind when the others did not need the time that they are given', async () => {
    const env = new VirtualEnv(1);
    const { scheduler } = env;
    // Answers at once, and has its sessions a little later.
    const node = {
      id: 'shop',
      env,
      pool: { status: 'active' },
      prober: { probe: () => Promise.resolve() },
      start: () => new Promise<void>((resolve) => void scheduler.after(50, resolve)),
    } as unknown as SqlNode;
    const starting = untilOneAnswers('shop', [node], true, 5_000);
    await env.advance(50);
    await starting;
    expect(env.pendingTimers).toBe(0);
  });
});
