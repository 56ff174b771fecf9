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

  it('is answered though its session is dropped meanwhile, and takes a new one then', async () => {
    const env = new VirtualEnv(2);
    const cluster = new ModelCluster(env);
    const target = cluster.add('shop.primary', 'primary');
    let failed = 0;
    const prober = new Prober(cluster, target, env, { recovered: () => {}, failed: () => void failed++ });
    await env.until(prober.probe(500));
    const asked = prober.probe(500);
    await env.settle();
    prober.drop();
    expect((await env.until(asked)).role).toBe('primary');
    await env.advance(10);
    expect([failed, cluster.server('shop.primary').sessions.size]).toEqual([0, 0]);
    expect((await env.until(prober.probe(500))).role).toBe('primary');
    expect([failed, cluster.server('shop.primary').sessions.size]).toEqual([0, 1]);
    prober.close();
  });

  it('is not waited for beyond its time, on a session that is dropped or not', async () => {
    for (const drops of [false, true]) {
      const env = new VirtualEnv(2);
      const cluster = new ModelCluster(env);
      const target = cluster.add('shop.primary', 'primary');
      const prober = new Prober(cluster, target, env, { recovered: () => {}, failed: () => {} });
      await env.until(prober.probe(500));
      cluster.freeze('shop.primary');
      const asked = prober.probe(500).catch(() => 'missed');
      await env.advance(10);
      if (drops) prober.drop();
      await env.advance(500);
      expect(await asked).toBe('missed');
      cluster.restore('shop.primary');
      await env.advance(10);
      const { sessions, lingering } = cluster.server('shop.primary');
      expect([sessions.size, lingering.size]).toEqual([0, 0]);
      expect((await env.until(prober.probe(500))).role).toBe('primary');
      prober.close();
    }
  });
});
