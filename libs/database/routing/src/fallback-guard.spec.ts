import { VirtualEnv } from '@nest-pooling/core/testing';
import { describe, expect, it } from '@jest/globals';
import { FallbackRefusedError } from './errors.js';
import { FallbackGuard } from './fallback-guard.js';
import { readers, shop } from './shop.fixture.js';

const NONE = { burst: 0, perSecond: 0 };

describe('reads on the primary that should be on a replica', () => {
  it('have a share of its pool, which follows its size, and never nothing', () => {
    let size = 10;
    const guard = new FallbackGuard('shop', NONE, () => size, new VirtualEnv());
    expect(guard.limit).toBe(2);
    size = 40;
    expect(guard.limit).toBe(8);
    size = 1;
    expect(guard.limit).toBe(1);
  });

  it('are let in at once up to the share, and a few beyond it from time to time', async () => {
    const env = new VirtualEnv();
    const guard = new FallbackGuard('shop', { burst: 2, perSecond: 1, waitMs: 0 }, () => 10, env);
    for (let at = 0; at < 4; at++) expect(guard.enter(Infinity)).toBeUndefined();
    expect(() => guard.enter(Infinity)).toThrow(FallbackRefusedError);
    await env.advance(1_000);
    expect(guard.enter(Infinity)).toBeUndefined();
    expect(() => guard.enter(Infinity)).toThrow(/already runs 5 such reads \(limit 2, 0 wait\)/);
  });

  it('wait in line for a moment, and are refused then; nobody is lost', async () => {
    const env = new VirtualEnv();
    const guard = new FallbackGuard('shop', { ...NONE, waitMs: 50 }, () => 5, env);
    const order: string[] = [];
    expect(guard.enter(Infinity)).toBeUndefined();
    const waits = [1, 2, 3, 4].map(async (n) => {
      const admitted = await guard.enter(n === 2 ? 10 : Infinity);
      order.push(`${n} ${admitted}`);
    });
    const settled = Promise.allSettled(waits);
    await env.advance(20);
    // Its own time was over: it was told that it was not let in.
    expect(order).toEqual(['2 false']);
    guard.leave();
    await env.settle();
    expect(order).toEqual(['2 false', '1 true']);
    guard.leave();
    await env.advance(100);
    expect(order).toEqual(['2 false', '1 true', '3 true']);
    guard.leave();
    expect((await settled).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
    ]);
    expect(env.pendingTimers).toBe(0);
    expect(guard.enter(Infinity)).toBeUndefined();
  });

  it('leave the line when their signal aborts, and keep their place before those who come later', async () => {
    const env = new VirtualEnv();
    let size = 5;
    const guard = new FallbackGuard('shop', { ...NONE, waitMs: 500 }, () => size, env);
    expect(guard.enter(Infinity)).toBeUndefined();
    const cut = new AbortController();
    const first = guard.enter(Infinity, cut.signal);
    const second = guard.enter(Infinity);
    cut.abort();
    expect(await first).toBe(false);
    expect(await guard.enter(Infinity, cut.signal)).toBe(false);
    expect(await guard.enter(0)).toBe(false);
    // There is room for one more now: it is for the one who waits.
    size = 10;
    const third = guard.enter(Infinity);
    expect(await second).toBe(true);
    guard.leave();
    guard.leave();
    expect(await third).toBe(true);
    expect(env.pendingTimers).toBe(0);
  });

  it('are turned away when the router ends, and leave no timer', async () => {
    const env = new VirtualEnv();
    const guard = new FallbackGuard('shop', NONE, () => 1, env);
    expect(guard.enter(Infinity)).toBeUndefined();
    const waiting = Promise.allSettled([guard.enter(Infinity), guard.enter(500)]);
    guard.end();
    const codes = (await waiting).map((one) => (one.status === 'rejected' ? one.reason : {}) as object);
    for (const error of codes) expect(error).toMatchObject({ code: 'POOL_CLOSED' });
    expect(env.pendingTimers).toBe(0);
    expect(() => guard.enter(Infinity)).toThrow('closed');
  });

  it('fail fast and typed when all replicas are dead under full load, and writes go on', async () => {
    const { env, cluster, router, run } = await shop({ routing: { fallback: { ...NONE, waitMs: 20 } } });
    await run(router.start());
    const load = readers(router, 60, env);
    await env.advance(20);
    cluster.kill('shop.replica-1');
    cluster.kill('shop.replica-2');
    await env.advance(400);
    const began = env.scheduler.now();
    for (let at = 0; at < 20; at++) await run(router.query(`insert a ${at}`));
    // Nobody waits behind reads: each takes its own time, in steps of the virtual clock.
    expect(env.scheduler.now() - began).toBeLessThanOrEqual(20 * 5);
    const { ok, failed } = await run(load.stop());
    expect(ok['shop.primary']).toBeGreaterThan(50);
    const refused = failed.filter((error) => error instanceof FallbackRefusedError);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBe(failed.length);
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('are not limited where there are no replicas, nor when they are strong', async () => {
    for (const [replicas, options] of [
      [0, {}],
      [2, { consistency: 'strong' }],
    ] as const) {
      const { router, run } = await shop({ routing: { fallback: { ...NONE, waitMs: 0 } } }, replicas);
      await run(router.start());
      const reads = Array.from({ length: 40 }, () => router.read('select a', [], options));
      for (const { node } of await run(Promise.all(reads))) expect(node).toBe('shop.primary');
      await run(router.close());
    }
  });
});
