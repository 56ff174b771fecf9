import { describe, expect, it } from '@jest/globals';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { Prober } from './prober.js';
import { ModelCluster } from './testing/index.js';

describe('the prober of a node', () => {
  it('asks nothing more when it was closed, and leaves no timer', async () => {
    const env = new VirtualEnv(2);
    const cluster = new ModelCluster(env);
    const target = cluster.add('shop.primary', 'primary');
    const prober = new Prober(cluster, target, env, { recovered: () => {}, failed: () => {} });
    expect((await env.until(prober.probe(500))).role).toBe('primary');
    cluster.freeze('shop.primary');
    const asked = prober.probe(500).catch((error: Error) => error.message);
    await env.advance(10);
    prober.close();
    expect(await asked).toBe('the pool was closed');
    // Whoever still looks after the node may ask once more.
    await expect(prober.probe(500)).rejects.toThrow('the pool was closed');
    await expect(prober.position(500)).rejects.toThrow('the pool was closed');
    await env.settle();
    expect(env.pendingTimers).toBe(0);
  });
});
