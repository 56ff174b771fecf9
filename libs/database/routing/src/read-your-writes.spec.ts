import { describe, expect, it } from '@jest/globals';
import { runInCausalScope } from './causal-scope.js';
import { opened, OWN, pauseAll, seen } from './consistency.fixture.js';

describe('read-your-writes', () => {
  it('reads what was just written, on a replica as soon as it is there', async () => {
    const made = await opened();
    for (let at = 0; at < 50; at++) {
      await made.run(made.router.query(`insert a ${at}`));
      const [value, node] = await seen(made, OWN);
      expect(value).toBe(String(at));
      expect(node).toMatch(/replica/);
    }
    await made.run(made.router.close());
    expect(made.env.pendingTimers).toBe(0);
  });

  it('waits for a replica that is a little behind, and has the primary serve when all are too far', async () => {
    const made = await opened();
    const { cluster, router, run } = made;
    cluster.lag('shop.replica-1', 20);
    cluster.lag('shop.replica-2', 2_000);
    await run(router.query('insert a 1'));
    expect(await seen(made, OWN)).toEqual(['1', 'shop.replica-1']);
    pauseAll(made);
    await run(router.query('insert a 2'));
    expect(await seen(made, OWN)).toEqual(['2', 'shop.primary']);
    expect((await seen(made))[1]).toMatch(/replica/);
    cluster.resumeReplay('shop.replica-1');
    await made.env.advance(500);
    expect(await seen(made, OWN)).toEqual(['2', 'shop.replica-1']);
    await run(router.close());
    expect(made.env.pendingTimers).toBe(0);
  });

  it('holds for transactions, sessions, streams and hidden writes', async () => {
    const made = await opened();
    const { router, run } = made;
    pauseAll(made);
    await run(router.transaction((tx) => tx.query('insert a tx')));
    expect((await seen(made, OWN))[0]).toBe('tx');
    await run(router.use((connection) => connection.query('insert a use')));
    expect((await seen(made, OWN))[0]).toBe('use');
    await run(
      router.use(async (connection) => {
        await connection.query('insert a within');
        const { rows } = await router.outside(() => router.read('select a', [], OWN));
        expect(rows).toMatchObject([{ value: 'within' }]);
      }),
    );
    await run(router.query('sneaky a hidden'));
    expect((await seen(made, OWN))[0]).toBe('hidden');
    await run(
      (async () => {
        for await (const _ of router.stream('insert a stream', [], { access: 'write' }));
      })(),
    );
    expect((await seen(made, OWN))[0]).toBe('stream');
    await run(router.close());
  });

  it('holds for streams, sessions and transactions on replicas', async () => {
    const made = await opened();
    const { router, run } = made;
    await run(router.query('insert a 1'));
    pauseAll(made);
    await run(router.query('insert a 2'));
    const streamed = async (): Promise<unknown[]> => {
      const rows: unknown[] = [];
      for await (const row of router.stream('select a', [], OWN)) rows.push(row);
      return rows;
    };
    expect(await run(streamed())).toMatchObject([{ value: '2' }]);
    const options = { access: 'read', ...OWN } as const;
    expect(await run(router.use(async ({ node }) => node, options))).toBe('shop.primary');
    expect(await run(router.transaction(async ({ node }) => node, options))).toBe('shop.primary');
    expect(await run(router.use(async ({ node }) => node, { access: 'read' }))).toMatch(/replica/);
    await run(router.close());
    expect(made.env.pendingTimers).toBe(0);
  });

  it('in a scope only its own writes count; outside all of the process do', async () => {
    const made = await opened();
    const { router, run } = made;
    pauseAll(made);
    await run(router.query('insert a 1'));
    const inside = runInCausalScope(async () => {
      const before = await router.read('select a', [], OWN);
      await router.query('insert b 1');
      const after = await runInCausalScope(() => router.read('select a', [], OWN));
      return [before.node, after.node];
    });
    expect(await run(inside)).toEqual([expect.stringMatching(/replica/), 'shop.primary']);
    expect((await seen(made, OWN))[1]).toBe('shop.primary');
    await run(router.close());
  });

  it('counts what a session that is still lent has written, and what scopes within have', async () => {
    const made = await opened();
    const { router, run } = made;
    await run(router.query('insert a 0'));
    await made.env.advance(1_000);
    pauseAll(made);
    const lent = router.use(async (connection) => {
      await connection.query('insert a 1');
      return router.outside(() => router.read('select a', [], OWN));
    });
    expect((await run(lent)).rows).toMatchObject([{ value: '1' }]);
    const nested = runInCausalScope(async () => {
      await runInCausalScope(() => router.query('insert a 2'));
      return router.read('select a', [], OWN);
    });
    expect((await run(nested)).rows).toMatchObject([{ value: '2' }]);
    await run(router.close());
  });

  it('asks the primary and each replica once for all reads that wait', async () => {
    const made = await opened();
    const { cluster, router, run } = made;
    cluster.lag('shop.replica-1', 30);
    cluster.lag('shop.replica-2', 30);
    await run(router.query('insert a 1'));
    const before = [...cluster.servers.values()].map(({ statements }) => statements);
    const reads = await run(Promise.all(Array.from({ length: 500 }, () => router.read('select a', [], OWN))));
    expect(reads.every(({ rows, node }) => rows[0]!.value === '1' && node !== 'shop.primary')).toBe(true);
    const asked = [...cluster.servers.values()].map(({ statements }, at) => statements - before[at]!);
    expect(asked[0]).toBeLessThan(5);
    expect(asked[1]! + asked[2]!).toBeLessThan(500 + 40);
    await run(router.close());
  });

  it('does not believe what it knew of a replica whose server was started anew', async () => {
    const made = await opened({}, 1);
    const { cluster, router, env, run } = made;
    await run(router.query('insert a 1'));
    expect(await seen(made, OWN)).toEqual(['1', 'shop.replica-1']);
    const server = cluster.server('shop.replica-1');
    cluster.kill('shop.replica-1');
    // It comes up at once, and behind.
    server.replayed = 0;
    server.replayPaused = true;
    cluster.restore('shop.replica-1');
    await env.settle();
    expect(await seen(made, OWN)).toEqual(['1', 'shop.primary']);
    await env.advance(5_000);
    expect(await seen(made, OWN)).toEqual(['1', 'shop.primary']);
    await run(router.close());
  });
});

describe('reads on the primary', () => {
  it('do not count as writes, so that replicas can take them back', async () => {
    const made = await opened();
    const { cluster, router, run } = made;
    for (const id of ['shop.replica-1', 'shop.replica-2']) cluster.lag(id, 500);
    await seen(made);
    await run(router.query('insert a 1'));
    const nodes: string[] = [];
    for (let at = 0; at < 20; at++) {
      const [value, node] = await seen(made, OWN);
      expect(value).toBe('1');
      nodes.push(node);
      await made.env.advance(50);
    }
    expect(nodes[0]).toBe('shop.primary');
    expect(nodes.at(-1)).toMatch(/replica/);
    await run(router.close());
  });

  it('count as writes when they may have been some', async () => {
    const made = await opened();
    const { cluster, router, run } = made;
    for (const id of ['shop.replica-1', 'shop.replica-2']) cluster.kill(id);
    await made.env.advance(1_000);
    await run(router.read('sneaky a 1'));
    for (const id of ['shop.replica-1', 'shop.replica-2']) {
      cluster.pauseReplay(id);
      cluster.restore(id);
    }
    cluster.server('shop.replica-1').replayed = 0;
    cluster.server('shop.replica-2').replayed = 0;
    await made.env.advance(5_000);
    expect(await seen(made, OWN)).toEqual(['1', 'shop.primary']);
    await run(router.close());
  });
});
