import { OptionsError } from '@nest-pooling/core';
import { describe, expect, it } from '@jest/globals';
import type { TransactionOptions } from '@nest-pooling/sql';
import { PrimaryUnavailableError, ReadOnlyError } from './errors.js';
import { ReadReplicaRouter } from './read-replica-router.js';
import { shop } from './shop.fixture.js';

describe('writes', () => {
  it('are sent once at most, fail fast while the primary is down, and work again when it is back', async () => {
    const { env, cluster, router, run, fail } = await shop();
    await run(router.start());
    const writing = fail(router.query('insert a 1'));
    cluster.kill('shop.primary');
    await writing;
    await env.advance(1_000);
    const errors = [];
    for (let at = 0; at < 10; at++) errors.push(await fail(router.query('insert a 2')));
    expect(errors.every((error) => 'category' in error && error.category === 'unavailable')).toBe(true);
    expect(errors.at(-1)).toBeInstanceOf(PrimaryUnavailableError);
    expect((errors.at(-1) as PrimaryUnavailableError).retryAfterMs).toBeGreaterThan(0);
    expect(router.report().serving).toBe(false);
    // Reads go on.
    expect((await run(router.read('select a'))).node).toMatch(/replica/);
    cluster.restore('shop.primary');
    await env.advance(3_000);
    expect((await run(router.query('insert a 3'))).node).toBe('shop.primary');
    expect(router.report()).toMatchObject({ serving: true, status: 'active' });
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('are refused while the router is read-only', async () => {
    const { router, run, fail } = await shop();
    await run(router.start());
    const end = router.readOnly('a migration runs');
    const error = await fail(router.query('insert a 1'));
    expect(error).toBeInstanceOf(ReadOnlyError);
    expect(error.message).toContain('a migration runs');
    expect(await fail(router.transaction(async () => {}))).toBeInstanceOf(ReadOnlyError);
    await run(router.read('select a'));
    end();
    await run(router.query('insert a 1'));
    await run(router.close());
  });

  it('a transaction takes the primary, also a read-only one, unless it asks for a replica', async () => {
    const { router, run, fail } = await shop();
    await run(router.start());
    const nodeOf = (options?: TransactionOptions): Promise<string> =>
      run(router.transaction(async (tx) => (await router.query('select a')).node && tx.node, options));
    expect(await nodeOf()).toBe('shop.primary');
    expect(await nodeOf({ readOnly: true })).toBe('shop.primary');
    expect(await nodeOf({ access: 'read' })).toMatch(/replica/);
    await fail(router.transaction((tx) => tx.query('insert a 1'), { access: 'read' }));
    expect(await nodeOf({ access: 'read' })).toMatch(/replica/);
    await run(router.close());
  });

  it('a transaction that waited for something else says nothing about the primary', async () => {
    const { env, router, run, fail } = await shop();
    await run(router.start());
    for (let at = 0; at < 10; at++) {
      const waiting = router.transaction(() => new Promise(() => {}), { timeoutMs: 100 });
      expect(await fail(waiting)).toMatchObject({ code: 'SQL_TIMEOUT', what: 'transaction' });
    }
    expect((await run(router.query('insert a 1'))).node).toBe('shop.primary');
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('an error inside a transaction says nothing about the primary', async () => {
    const { router, run, fail } = await shop();
    await run(router.start());
    for (let at = 0; at < 10; at++) {
      await fail(
        router.transaction(async () => {
          throw new Error('mine');
        }),
      );
    }
    expect((await run(router.query('insert a 1'))).node).toBe('shop.primary');
    await run(router.close());
  });
});

describe('the router', () => {
  it('starts degraded when a replica is dead, and takes it in when it comes up', async () => {
    const { env, cluster, router, run } = await shop();
    cluster.kill('shop.replica-2');
    await run(router.start());
    await env.advance(1_000);
    const report = router.report();
    expect(report.serving).toBe(true);
    expect(report.nodes['shop.replica-2']).toMatchObject({ healthy: false, status: 'ejected', available: 0 });
    expect(report.nodes['shop.replica-1']).toMatchObject({ healthy: true, status: 'active', utilization: 0 });
    cluster.restore('shop.replica-2');
    await env.advance(4_000);
    expect(router.report().nodes['shop.replica-2']).toMatchObject({ healthy: true });
    await run(router.close());
  });

  it('explains a route', async () => {
    const { env, cluster, router, run } = await shop();
    await run(router.start());
    expect(router.explain('insert a 1')).toMatchObject({
      lane: 'write',
      nodes: [{ node: 'shop.primary', candidate: true }, { candidate: false }, { candidate: false }],
    });
    cluster.kill('shop.replica-1');
    await env.advance(1_000);
    const { nodes, strategy } = router.explain('select a');
    expect(strategy).toBe('least-loaded');
    expect(nodes.map(({ candidate }) => candidate)).toEqual([false, false, true]);
    expect(nodes[1]!.why).toContain('out of rotation');
    cluster.kill('shop.replica-2');
    await env.advance(1_000);
    expect(router.explain('select a').nodes.map(({ candidate }) => candidate)).toEqual([true, false, false]);
    await run(router.close());
  });

  it('is tuned at run time; what it does not know is refused', async () => {
    const { router, run, spread } = await shop();
    await run(router.start());
    router.tune({ strategy: 'round-robin', max: 8 });
    expect(await spread(4)).toEqual({ 'shop.replica-1': 2, 'shop.replica-2': 2 });
    expect(router.explain('select a').strategy).toBe('round-robin');
    expect(() => router.tune({ strategy: 'best' as 'random' })).toThrow(OptionsError);
    expect(() => router.tune({ maxx: 3 } as object)).toThrow(/did you mean max/);
    await run(router.close());
  });

  it('replaces every session when told so', async () => {
    const { cluster, router, run } = await shop();
    await run(router.start());
    const before = [...cluster.server('shop.primary').sessions];
    router.evict('credentials rotated');
    await run(router.query('insert a 1'));
    for (const session of before) expect(cluster.server('shop.primary').sessions).not.toContain(session);
    await run(router.close());
  });

  it('holds statements back while it is suspended', async () => {
    const { env, router, run } = await shop();
    await run(router.start());
    router.suspend();
    let done = false;
    const reading = router.read('select a').then(() => (done = true));
    await env.advance(200);
    expect(done).toBe(false);
    router.resume();
    await run(reading);
    await run(router.close());
  });

  it('drains: what was accepted ends, then nothing is left', async () => {
    const { env, cluster, router, run } = await shop();
    await run(router.start());
    const reading = router.read('sleep 300');
    const drained = router.drain({ deadlineMs: 5_000 });
    expect((await run(reading)).rows).toHaveLength(1);
    await run(drained);
    expect(router.report().status).toBe('closed');
    expect(env.pendingTimers).toBe(0);
    for (const server of cluster.servers.values()) expect(server.sessions.size).toBe(0);
  });

  it('pings every node past its queue', async () => {
    const { cluster, router, run } = await shop();
    await run(router.start());
    cluster.freeze('shop.replica-1');
    const answers = await run(router.ping({ timeoutMs: 300 }));
    expect(answers['shop.primary']).toMatchObject({ ok: true });
    expect(answers['shop.replica-1']!.ok).toBe(false);
    expect(JSON.stringify(answers)).not.toContain('connection');
    await run(router.close());
  });

  it('refuses wrong options, all at once', async () => {
    const { cluster, router, run } = await shop();
    await run(router.close());
    const target = cluster.add('shop.x', 'replica');
    const make = (): unknown =>
      new ReadReplicaRouter({
        name: '',
        kind: 'model',
        driver: cluster,
        primary: target,
        replicas: [{ target, weight: -1 }],
        routing: { strategy: 'best' as 'random', probe: { intervalMs: 0 }, strateggy: 1 } as object,
      });
    const problems = (): readonly string[] => {
      try {
        make();
        return [];
      } catch (error) {
        return error instanceof OptionsError ? error.problems : [];
      }
    };
    expect(problems()).toEqual([
      "name: must be a text that is not empty (got '')",
      'routing.strateggy: is unknown; did you mean strategy?',
      "routing.strategy: must be one of round-robin, random, least-loaded, p2c, fastest (got 'best')",
      'routing.probe.intervalMs: must be a number from 1 to 2147483647 (got 0)',
      'replicas: two nodes have the same id (shop.x)',
      'replicas[0].weight: must be a number from 0.001 to 1000 (got -1)',
    ]);
  });
});
