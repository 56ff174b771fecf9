import { UnknownStrategyError } from '@nest-pooling/balancing';
import { describe, expect, it } from '@jest/globals';
import { NoNodeError } from './errors.js';
import { readers, shop } from './shop.fixture.js';

describe('reads', () => {
  it('go to replicas, writes and transactions to the primary', async () => {
    const { router, run } = await opened();
    expect((await run(router.query('insert a 1'))).node).toBe('shop.primary');
    const read = await run(router.query('select a'));
    expect(read.node).toMatch(/^shop\.replica-/);
    expect(read.lane).toBe('read');
    expect(read.rows).toMatchObject([{ value: '1' }]);
    expect((await run(router.write('select a'))).node).toBe('shop.primary');
    expect((await run(router.query('select a', [], { access: 'write' }))).node).toBe('shop.primary');
    await run(
      router.transaction(async () => {
        expect((await router.query('select a')).node).toBe('shop.primary');
        expect((await router.read('select a')).node).toBe('shop.primary');
      }),
    );
    expect(await run(router.use(async (connection) => connection.node))).toBe('shop.primary');
    const used = router.use(async (connection) => connection.node, { access: 'read' });
    expect(await run(used)).toMatch(/^shop\.replica-/);
    await run(router.close());
  });

  it('are spread by the strategy of the call', async () => {
    const { router, run, spread } = await opened();
    expect(await spread(10, { strategy: 'round-robin' })).toEqual({
      'shop.replica-1': 5,
      'shop.replica-2': 5,
    });
    const random = await spread(200, { strategy: 'random' });
    expect(random['shop.replica-1']).toBeGreaterThan(60);
    expect(random['shop.replica-2']).toBeGreaterThan(60);
    // Busy: replica 1 holds two long reads, so that the other is less loaded.
    const busy = [1, 2, 3, 4].map(() => router.read('sleep 500'));
    const least = await spread(8, { strategy: 'least-loaded' });
    expect(least).toEqual({ 'shop.replica-1': 4, 'shop.replica-2': 4 });
    await run(Promise.all(busy));
    await run(router.close());
  });

  it('case 34: equal load rotates, and a dead replica is skipped', async () => {
    const { env, cluster, router, run, spread } = await opened({ routing: { strategy: 'least-loaded' } });
    expect(await spread(10)).toEqual({ 'shop.replica-1': 5, 'shop.replica-2': 5 });
    cluster.kill('shop.replica-1');
    await env.advance(1_000);
    expect(await spread(10)).toEqual({ 'shop.replica-2': 10 });
    await run(router.close());
  });

  it('refuse an unknown strategy by name', async () => {
    const { router, run, fail } = await opened();
    const error = await fail(router.read('select a', [], { strategy: 'round-robbin' as 'random' }));
    expect(error).toBeInstanceOf(UnknownStrategyError);
    expect(error.message).toContain('round-robin');
    await run(router.close());
  });

  for (const fault of ['kill', 'freeze'] as const) {
    it(`none fails when a replica is lost (${fault}), and it serves again when it is back`, async () => {
      const { env, cluster, router, run } = await opened();
      const load = readers(router, 8);
      await env.advance(500);
      cluster[fault]('shop.replica-1');
      await env.advance(1_000);
      const report = router.nodes().find(({ id }) => id === 'shop.replica-1')!;
      expect(report).toMatchObject({ healthy: false, status: 'ejected', inRotation: false });
      const served = cluster.server('shop.replica-1').statements;
      await env.advance(3_000);
      cluster.restore('shop.replica-1');
      await env.advance(5_000);
      const { ok, failed } = await run(load.stop());
      expect(failed).toEqual([]);
      expect(ok['shop.replica-2']).toBeGreaterThan(1_000);
      expect(cluster.server('shop.replica-1').statements).toBeGreaterThan(served + 100);
      await run(router.close());
      expect(env.pendingTimers).toBe(0);
    });
  }

  it('go to the primary when no replica is left, and back', async () => {
    const { env, cluster, router, run } = await opened();
    const load = readers(router, 4);
    cluster.kill('shop.replica-1');
    cluster.freeze('shop.replica-2');
    await env.advance(3_000);
    expect((await run(router.read('select a'))).node).toBe('shop.primary');
    cluster.restore('shop.replica-1');
    cluster.restore('shop.replica-2');
    await env.advance(4_000);
    expect((await run(router.read('select a'))).node).toMatch(/replica/);
    const { failed } = await run(load.stop());
    expect(failed).toEqual([]);
    await run(router.close());
  });

  it('stay away from the primary if that is told, and then fail with the nodes that were tried', async () => {
    const { env, cluster, router, run, fail } = await opened({ routing: { fallbackToPrimary: false } });
    cluster.kill('shop.replica-1');
    cluster.kill('shop.replica-2');
    await env.advance(1_000);
    const error = await fail(router.read('select a'));
    expect(error).toBeInstanceOf(NoNodeError);
    expect((error as NoNodeError).tried).toHaveLength(2);
    expect(error).toMatchObject({ code: 'ROUTING_NO_NODE', category: 'unavailable' });
    await run(router.close());
  });

  it('that hide a write are run on the primary, once, and their like goes there from then on', async () => {
    const { cluster, router, run } = await opened();
    const first = await run(router.query('sneaky a 1'));
    expect(first.node).toBe('shop.primary');
    const replicas = ['shop.replica-1', 'shop.replica-2'].map((id) => cluster.server(id));
    const before = replicas.map(({ statements }) => statements);
    await run(router.query('sneaky a 1'));
    const probes = 10;
    for (const [at, { statements }] of replicas.entries()) {
      expect(statements - before[at]!).toBeLessThan(probes);
    }
    expect(router.explain('sneaky a 1').lane).toBe('write');
    expect(router.nodes().every(({ inRotation }) => inRotation)).toBe(true);
    await run(router.close());
  });

  it('that hide a write are never sent twice, known or not, when their answer is lost', async () => {
    let committed = 0;
    let loses = false;
    const { env, cluster, router, run, fail } = await opened({}, 2, {
      fates: { execute: ({ role }) => (loses && role === 'primary' ? { loss: 'after' } : undefined) },
      observer: { committed: () => void committed++ },
    });
    const answerIsLost = async (): Promise<void> => {
      loses = true;
      const error = await fail(router.query('sneaky a 1'));
      loses = false;
      expect(error).toMatchObject({ code: 'SQL_CONNECTION_LOST', fault: { outcome: 'unknown' } });
      await env.advance(5_000);
    };
    for (const replica of ['shop.replica-1', 'shop.replica-2']) cluster.freeze(replica);
    await env.advance(1_000);
    expect(router.explain('sneaky a 1').nodes[0]).toMatchObject({ node: 'shop.primary', candidate: true });
    for (const replica of ['shop.replica-1', 'shop.replica-2']) cluster.restore(replica);
    await answerIsLost();
    expect(committed).toBe(1);
    expect((await run(router.query('sneaky a 1'))).node).toBe('shop.primary');
    await answerIsLost();
    expect(committed).toBe(3);
    await run(router.close());
  });

  it('that time out because our own loop stalled say nothing about the nodes', async () => {
    const timeouts = async (stallMs: number): Promise<readonly unknown[]> => {
      const { env, router, run, fail } = await opened({ pool: { min: 12, max: 12 } });
      await env.advance(1_000);
      const failing = Array.from({ length: 12 }, () =>
        fail(router.read('sleep 9000', [], { timeoutMs: 300 })),
      );
      await env.advance(50);
      if (stallMs > 0) await env.stall(stallMs);
      for (const error of await run(Promise.all(failing)))
        expect(error).toMatchObject({ code: 'SQL_TIMEOUT' });
      const states = router.nodes().map(({ inRotation, breaker }) => ({ inRotation, breaker }));
      await run(router.close());
      return states.slice(1);
    };
    expect(await timeouts(0)).toContainEqual({ inRotation: false, breaker: 'open' });
    expect(await timeouts(1_000)).toEqual([1, 2].map(() => ({ inRotation: true, breaker: 'closed' })));
  });

  it('a conflict with replay moves the read on and ejects nobody; an error of the statement is final', async () => {
    const { router, run, fail } = await opened();
    const conflict = await fail(router.read('fail conflict'));
    expect(conflict.message).toContain('conflict');
    expect((await fail(router.read('fail constraint'))).message).toContain('constraint');
    expect(router.nodes().every(({ inRotation }) => inRotation)).toBe(true);
    await run(router.close());
  });

  it('a stall of our own event loop ejects nobody', async () => {
    const { env, router, run } = await opened();
    await env.stall(5_000);
    await env.advance(100);
    expect(router.nodes().every(({ inRotation }) => inRotation)).toBe(true);
    await run(router.close());
  });
});

async function opened(...given: Parameters<typeof shop>): ReturnType<typeof shop> {
  const made = await shop(...given);
  await made.run(made.router.start());
  return made;
}
