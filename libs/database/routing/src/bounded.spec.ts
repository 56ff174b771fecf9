import { describe, expect, it } from '@jest/globals';
import { opened, OWN, pauseAll, seen } from './consistency.fixture.js';

describe('bounded', () => {
  it('reads nothing older than the bound, and waits no longer than it may', async () => {
    const made = await opened();
    const { cluster, router, env, run } = made;
    await run(router.query('insert a old'));
    await env.advance(1_000);
    pauseAll(made);
    await run(router.query('insert a new'));
    expect(await seen(made, { maxLagMs: 5_000 })).toEqual(['old', expect.stringMatching(/replica/)]);
    await env.advance(6_000);
    expect(await seen(made, { maxLagMs: 5_000 })).toEqual(['new', 'shop.primary']);
    expect((await seen(made))[0]).toBe('old');
    cluster.resumeReplay('shop.replica-2');
    await env.advance(500);
    expect(await seen(made, { maxLagMs: 5_000 })).toEqual(['new', 'shop.replica-2']);
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('is served by idle replicas, also under a bound that is shorter than the time between probes', async () => {
    const made = await opened();
    for (let at = 0; at < 20; at++) {
      expect((await seen(made, { consistency: 'bounded', maxLagMs: 10 }))[1]).toMatch(/replica/);
      await made.env.advance(100);
    }
    await made.run(made.router.close());
  });

  it('what the primary told last is not the present while it lives', async () => {
    const made = await opened();
    const { router, env, run } = made;
    await run(router.query('insert a old'));
    await env.advance(1_000);
    pauseAll(made);
    await run(router.query('insert a new'));
    await env.advance(20);
    expect(await seen(made, { maxLagMs: 10 })).toEqual(['new', 'shop.primary']);
    await run(router.close());
  });

  it('is served by replicas while the primary is down: nothing was acknowledged since', async () => {
    const made = await opened();
    const { cluster, router, env, run } = made;
    await run(router.query('insert a 1'));
    await env.advance(1_000);
    cluster.kill('shop.primary');
    await env.advance(10_000);
    expect(await seen(made, { maxLagMs: 500 })).toEqual(['1', expect.stringMatching(/replica/)]);
    await run(router.close());
  });

  it('minServing keeps the least behind readable under the bound of the router, not under others', async () => {
    const made = await opened({ maxLagMs: 500, minServing: 1 });
    const { cluster, router, env, run } = made;
    await run(router.query('insert a 1'));
    await env.advance(1_000);
    cluster.pauseReplay('shop.replica-1');
    await run(router.query('insert a 2'));
    await env.advance(1_000);
    cluster.pauseReplay('shop.replica-2');
    await run(router.query('insert a 3'));
    await env.advance(5_000);
    for (let at = 0; at < 4; at++) expect(await seen(made)).toEqual(['2', 'shop.replica-2']);
    expect(await seen(made, { maxLagMs: 500 })).toEqual(['3', 'shop.primary']);
    expect(await seen(made, OWN)).toEqual(['3', 'shop.primary']);
    expect((await seen(made, { consistency: 'eventual' }))[1]).toMatch(/replica/);
    await run(router.close());
  });
});

describe('lag', () => {
  it('is right for idle, delayed and paused replicas', async () => {
    const made = await opened();
    const { cluster, router, env, run } = made;
    const lag = (at: number): { lagMs: number | null; lagBytes: number | null } => router.nodes()[at]!;
    await run(router.query('insert a 1'));
    await env.advance(10_000);
    for (const at of [0, 1, 2]) expect(lag(at)).toMatchObject({ lagMs: 0, lagBytes: 0 });
    cluster.pauseReplay('shop.replica-1');
    cluster.lag('shop.replica-2', 2_000);
    for (let at = 0; at < 100; at++) {
      await run(router.query(`insert a ${at}`));
      await env.advance(100);
    }
    expect(lag(1).lagMs).toBeGreaterThan(9_600);
    expect(lag(1).lagMs).toBeLessThan(10_400);
    expect(lag(1).lagBytes).toBeGreaterThan(90);
    expect(lag(2).lagMs).toBeGreaterThan(1_600);
    expect(lag(2).lagMs).toBeLessThan(2_200);
    await run(router.close());
  });
});
