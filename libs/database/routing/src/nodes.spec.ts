import { describe, expect, it } from '@jest/globals';
import { OptionsError } from '@nest-pooling/core';
import { readers, shop } from './shop.fixture.js';

describe('the nodes of a router', () => {
  it('are taken out for maintenance and put back; what runs there may end', async () => {
    const { env, cluster, router, run, spread } = await shop();
    await run(router.start());
    cluster.server('shop.replica-1').latencyMs = 200;
    const running = router.read('select a', [], { strategy: 'round-robin' });
    const other = router.read('select a', [], { strategy: 'round-robin' });
    await env.advance(10);
    const putBack = router.takeOut('shop.replica-1', 'a new disk');
    expect(router.nodes()[1]).toMatchObject({
      inRotation: false,
      reason: 'a new disk',
      status: 'maintenance',
    });
    expect(router.explain('select a').nodes[1]!.why).toContain('a new disk');
    expect((await run(Promise.all([running, other]))).map(({ node }) => node).toSorted()).toEqual([
      'shop.replica-1',
      'shop.replica-2',
    ]);
    expect(await spread(10)).toEqual({ 'shop.replica-2': 10 });
    await env.advance(60_000);
    expect(router.nodes()[1]!.inRotation).toBe(false);
    cluster.server('shop.replica-1').latencyMs = 1;
    putBack();
    await env.advance(60_000);
    expect(await spread(10)).toEqual({ 'shop.replica-1': 5, 'shop.replica-2': 5 });
    expect(() => router.takeOut('shop.replica-9', 'x')).toThrow(/only shop.primary, shop.replica-1/);
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('come at run time, when they answer, and may become the primary', async () => {
    const { env, cluster, router, run, spread } = await shop({}, 1);
    await run(router.start());
    const target = cluster.add('shop.replica-9', 'replica');
    await run(router.addReplica({ target, weight: 1 }));
    await env.advance(30_000);
    expect(await spread(10)).toEqual({ 'shop.replica-1': 5, 'shop.replica-9': 5 });
    await expect(router.addReplica({ target })).rejects.toThrow(OptionsError);
    cluster.kill('shop.primary');
    cluster.promote('shop.replica-9');
    expect((await run(router.query('insert a 1'))).node).toBe('shop.replica-9');
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('that come dead serve when they live', async () => {
    const { env, cluster, router, run, spread } = await shop({}, 1);
    await run(router.start());
    const target = cluster.add('shop.replica-9', 'replica');
    cluster.kill('shop.replica-9');
    await run(router.addReplica({ target }));
    expect(await spread(4)).toEqual({ 'shop.replica-1': 4 });
    cluster.restore('shop.replica-9');
    await env.advance(60_000);
    expect(await spread(4)).toEqual({ 'shop.replica-1': 2, 'shop.replica-9': 2 });
    await run(router.close());
  });

  it('go at run time under load, and no read fails; the primary does not go', async () => {
    const { env, cluster, router, run, fail } = await shop();
    await run(router.start());
    const load = readers(router, 6);
    await env.advance(50);
    const before = env.scheduler.now();
    await run(router.removeNode('shop.replica-1'));
    expect(env.scheduler.now() - before).toBeLessThan(1_000);
    expect(router.nodes().map(({ id }) => id)).toEqual(['shop.primary', 'shop.replica-2']);
    await env.advance(2_000);
    expect(cluster.server('shop.replica-1').sessions.size).toBe(0);
    const { failed } = await run(load.stop());
    expect(failed).toEqual([]);
    expect((await fail(router.removeNode('shop.primary'))).message).toContain('promote another one first');
    expect((await fail(router.removeNode('shop.replica-1'))).message).toContain(
      "there is no 'shop.replica-1'",
    );
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('of the own zone are preferred', async () => {
    const { cluster, router, run, spread } = await shop(
      { routing: { zone: 'b', strategy: 'round-robin' } },
      0,
    );
    for (const zone of ['a', 'b', 'a']) {
      const target = cluster.add(`shop.in-${zone}-${router.nodes().length}`, 'replica');
      await run(router.addReplica({ target, zone }));
    }
    await run(router.start());
    expect(await spread(6)).toEqual({ 'shop.in-b-2': 6 });
    await run(router.close());
  });

  it('that are much slower than the others leave the rotation, and come back when they are not', async () => {
    const { env, cluster, router, run, spread } = await shop({ routing: { strategy: 'round-robin' } }, 3);
    await run(router.start());
    cluster.server('shop.replica-2').latencyMs = 180;
    const out: string[] = [];
    router.on('rotation', ({ node, state, reason }) => state === 'ejected' && out.push(`${node}: ${reason}`));
    const load = readers(router, 4);
    for (let at = 0; at < 60 && out.length === 0; at++) await env.advance(1_000);
    expect(out).toEqual([expect.stringMatching(/^shop.replica-2: .*\d+ ms/)]);
    expect(router.nodes()[2]!.inRotation).toBe(false);
    expect((await run(load.stop())).failed).toEqual([]);
    cluster.server('shop.replica-2').latencyMs = 1;
    await env.advance(60_000);
    expect(Object.keys(await spread(12))).toContain('shop.replica-2');
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('are chosen by a strategy of the user, and by the fastest', async () => {
    const picked: string[] = [];
    const strategy = {
      name: 'mine',
      pick: <C extends { id: string }>(nodes: readonly C[]): C | undefined => {
        picked.push(nodes.map(({ id }) => id).join());
        return nodes.at(-1);
      },
    };
    const { cluster, router, run, spread } = await shop({ routing: { strategy } });
    await run(router.start());
    expect(await spread(3)).toEqual({ 'shop.replica-2': 3 });
    expect(picked).toHaveLength(3);
    expect(router.explain('select a').strategy).toBe('mine');
    cluster.server('shop.replica-1').latencyMs = 30;
    await spread(40, { strategy: 'fastest' });
    expect((await spread(20, { strategy: 'fastest' }))['shop.replica-2']).toBeGreaterThan(15);
    await run(router.close());
  });
});
