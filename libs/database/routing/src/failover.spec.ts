import { describe, expect, it } from '@jest/globals';
import { started } from './failover.fixture.js';
import { readers, shop } from './shop.fixture.js';

describe('a failover', () => {
  it('writes that were not sent wait for the promoted replica; reads go on all the time', async () => {
    const { env, cluster, router, run, heard } = await started();
    const load = readers(router, 5);
    await env.advance(50);
    cluster.kill('shop.primary');
    await env.advance(600);
    const held = [router.query('insert a 1'), router.transaction((tx) => tx.query('insert b 1'))];
    await env.advance(400);
    cluster.promote('shop.replica-1');
    const { node } = await run(held[0]!);
    expect(node).toBe('shop.replica-1');
    await run(held[1]!);
    // Within two probes of 250 ms and a fifth.
    expect(heard).toEqual([
      'primary shop.replica-1 after shop.primary in 2',
      'alarm shop.primary: old-primary',
    ]);
    const { ok, failed } = await run(load.stop());
    expect(failed).toEqual([]);
    expect(Object.keys(ok)).toContain('shop.replica-2');
    expect((await run(router.read('select a'))).node).toBe('shop.replica-2');
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('is seen within two probes after the promotion', async () => {
    const { env, cluster, router, run, heard } = await started();
    cluster.kill('shop.primary');
    await env.advance(2_000);
    cluster.promote('shop.replica-2');
    const before = env.scheduler.now();
    const held = router.query('insert a 1');
    await run(held);
    expect(env.scheduler.now() - before).toBeLessThan(2 * 300);
    expect(heard).toHaveLength(2);
    await run(router.close());
  });

  it('an old primary that returns and takes writes gets none, from no session, and is no replica either', async () => {
    const { env, cluster, router, run, heard } = await started({}, 1);
    cluster.kill('shop.primary');
    cluster.promote('shop.replica-1');
    await env.advance(1_000);
    cluster.restore('shop.primary');
    await env.advance(5_000);
    const before = cluster.server('shop.primary').statements;
    for (let at = 0; at < 20; at++)
      expect((await run(router.query(`insert a ${at}`))).node).toBe('shop.replica-1');
    for (let at = 0; at < 20; at++) expect((await run(router.query('select a'))).node).toBe('shop.replica-1');
    const sessions = [...cluster.server('shop.primary').sessions];
    expect(sessions.every(({ lane }) => lane === 'probe')).toBe(true);
    expect(cluster.server('shop.primary').statements - before).toBeLessThan(10);
    expect(router.nodes()[0]).toMatchObject({ id: 'shop.primary', inRotation: false, takesWrites: false });
    expect(router.explain('select a').nodes[0]!.why).toContain('another node has become the primary');
    cluster.follow('shop.primary');
    await env.advance(3_000);
    expect((await run(router.query('select a'))).node).toBe('shop.primary');
    expect(heard).toEqual([
      'primary shop.replica-1 after shop.primary in 2',
      'alarm shop.primary: old-primary',
    ]);
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('what runs on a primary when another is seen is cut off: it may have happened, and is sent to nobody else', async () => {
    const { env, cluster, router, run, fail } = await started();
    cluster.server('shop.primary').latencyMs = 450;
    const running = fail(router.query('insert a 1'));
    await env.advance(10);
    cluster.promote('shop.replica-1');
    expect(await running).toMatchObject({ code: 'SQL_CONNECTION_LOST', fault: { outcome: 'unknown' } });
    expect((await run(router.query('insert a 1'))).node).toBe('shop.replica-1');
    expect(cluster.server('shop.primary').sessions.size).toBe(1);
    await run(router.close());
  });

  it('two that claim to be the primary are a tie: writes wait, and fail when it lasts', async () => {
    const { env, cluster, router, run, fail, heard } = await started({ routing: { failoverWaitMs: 2_000 } });
    cluster.server('shop.replica-1').role = 'primary';
    await env.advance(600);
    const held = router.query('insert a 1');
    const failing = fail(router.query('insert a 2', [], { timeoutMs: 300 }));
    expect(await failing).toMatchObject({ code: 'ROUTING_PRIMARY_UNAVAILABLE' });
    cluster.follow('shop.replica-1');
    expect((await run(held)).node).toBe('shop.primary');
    expect(heard).toEqual(['alarm shop.replica-1: two-primaries']);
    cluster.server('shop.replica-1').role = 'primary';
    await env.advance(3_000);
    const before = env.scheduler.now();
    expect(await fail(router.query('insert a 3'))).toMatchObject({ code: 'ROUTING_PRIMARY_UNAVAILABLE' });
    expect(env.scheduler.now() - before).toBeLessThan(50);
    await run(router.close());
  });

  it('starts with a configuration of yesterday', async () => {
    const made = await shop();
    const { cluster, router, run } = made;
    cluster.promote('shop.replica-2');
    cluster.follow('shop.primary');
    await run(router.start());
    expect((await run(router.query('insert a 1'))).node).toBe('shop.replica-2');
    expect(await made.spread(4)).toEqual({ 'shop.primary': 2, 'shop.replica-1': 2 });
    await run(router.close());
  });

  it('a planned switch asks everybody as soon as a write is refused', async () => {
    const { env, cluster, router, run, fail } = await started();
    cluster.server('shop.primary').role = 'replica';
    cluster.promote('shop.replica-1');
    const before = env.scheduler.now();
    const first = await fail(router.query('insert a 1'));
    expect(first).toMatchObject({ code: 'SQL_STATEMENT_FAILED' });
    expect((await run(router.query('insert a 1'))).node).toBe('shop.replica-1');
    expect(env.scheduler.now() - before).toBeLessThan(100);
    await run(router.close());
  });

  it('a restart of the primary costs no write that was not sent', async () => {
    const { env, cluster, router, run } = await started();
    cluster.kill('shop.primary');
    const held = Array.from({ length: 50 }, (_, at) => router.query(`insert a ${at}`));
    void env.advance(0);
    await env.advance(800);
    cluster.restore('shop.primary');
    for (const one of held) expect((await run(one)).node).toBe('shop.primary');
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('no more than so many wait, and none longer than his own time', async () => {
    const { env, cluster, router, run, fail } = await started({ routing: { maxFailoverWaiters: 2 } });
    cluster.kill('shop.primary');
    await env.advance(600);
    const held = [router.query('insert a 1'), router.query('insert a 2')];
    const full = await fail(router.query('insert a 3'));
    expect(full.message).toContain('2 writes wait for it already');
    const cut = new AbortController();
    const cancelled = fail(router.query('insert a 4', [], { signal: cut.signal, timeoutMs: 50 }));
    expect(await cancelled).toMatchObject({ code: 'ROUTING_PRIMARY_UNAVAILABLE' });
    const closing = Promise.all(held.map((one) => fail(one)));
    const closed = router.close();
    expect((await closing).map((error) => (error as { code?: string }).code)).toEqual([
      'POOL_CLOSED',
      'POOL_CLOSED',
    ]);
    await run(closed);
    expect(env.pendingTimers).toBe(0);
  });

  it('a failure to get a session of another pool inside of a transaction is not a failure of the primary', async () => {
    const { router, run, fail } = await started();
    const other = await shop();
    other.cluster.kill('shop.primary');
    let runs = 0;
    const error = await fail(
      router.transaction(async (tx) => {
        runs++;
        await tx.query('insert a 1');
        await router.outside(() =>
          Promise.reject(Object.assign(new Error('elsewhere'), { code: 'POOL_CREATE_FAILED' })),
        );
      }),
    );
    expect(error.message).toBe('elsewhere');
    expect(runs).toBe(1);
    await run(router.close());
  });
});
