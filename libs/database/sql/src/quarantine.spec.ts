import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { deadlineKey, runInContext } from '@nest-pooling/core';
import { SqlCancelledError, SqlConnectionError, SqlTimeoutError } from './errors.js';
import { bench, lendable } from './model.fixture.js';

describe('a statement whose time is over', () => {
  it('is told at once, cancelled on the server, and its session is lent again', async () => {
    const { env, pool, fail, run, server } = await bench({ min: 1, max: 1 });
    server.latencyMs = 20;
    const [session] = lendable(server);
    const failing = fail(pool.query('sleep 5000', [], { timeoutMs: 100 }));
    await env.advance(100);
    expect(await failing).toBeInstanceOf(SqlTimeoutError);
    expect(server.cancels).toBe(0);
    // The way of the cancel, the way of the barrier, the way of this one.
    const began = env.scheduler.now();
    await run(pool.query('select a'));
    expect(env.scheduler.now() - began).toBeLessThanOrEqual(60);
    expect(server.cancels).toBe(1);
    expect(lendable(server)).toEqual([session]);
    await run(pool.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('a cancel that comes late hits nobody else', async () => {
    for (const cancelLagMs of [0, 5, 9]) {
      const { env, pool, fail, run, server } = await bench({ min: 1, max: 1 });
      Object.assign(server, { latencyMs: 10, cancelLagMs });
      // It ends while the cancel is on its way.
      const failing = fail(pool.query('sleep 104', [], { timeoutMs: 100 }));
      const neighbours = Array.from({ length: 5 }, () => pool.query('select a'));
      expect(await failing).toBeInstanceOf(SqlTimeoutError);
      expect((await run(Promise.all(neighbours))).length).toBe(5);
      expect(lendable(server)).toHaveLength(1);
      await run(pool.close());
      expect(env.pendingTimers).toBe(0);
    }
  });

  it('a signal does the same, and its listener is removed in every case', async () => {
    const { env, pool, fail, run, server } = await bench({ min: 1, max: 1 });
    const controller = new AbortController();
    const { signal } = controller;
    await run(pool.query('select a', [], { signal }));
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    const failing = fail(pool.query('sleep 5000', [], { signal }));
    await env.advance(50);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    controller.abort(new Error('gone'));
    expect(await failing).toBeInstanceOf(SqlCancelledError);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    await run(pool.query('select a'));
    expect(lendable(server)).toHaveLength(1);
    await run(pool.close());
  });

  it('takes the least of its own time and the scope’s', async () => {
    const { env, pool, fail, run } = await bench({ min: 1, max: 1 });
    const inScope = <R>(ms: number, work: () => R): R =>
      runInContext(deadlineKey, env.scheduler.now() + ms, work);
    const began = env.scheduler.now();
    const failing = inScope(100, () => fail(pool.query('sleep 5000', [], { timeoutMs: 400 })));
    expect(await failing).toBeInstanceOf(SqlTimeoutError);
    const plain = inScope(100, () => fail(pool.query('sleep 5000')));
    expect(await plain).toMatchObject({ message: expect.stringContaining('within 100 ms') });
    const lent = inScope(100, () => fail(pool.use((connection) => connection.query('sleep 5000'))));
    expect(await lent).toBeInstanceOf(SqlTimeoutError);
    expect(env.scheduler.now() - began).toBeLessThan(350);
    await run(pool.close());
  });

  it('behind a pooler, which may have dropped the cancel, it is cancelled again until it has ended', async () => {
    for (const dropped of [1, 2, 99]) {
      let cancels = 0;
      const fates = { cancel: () => ({ misses: ++cancels <= dropped }) };
      const { env, pool, fail, run } = await bench({ min: 0, max: 1 }, { proxied: true }, { fates });
      expect(await fail(pool.query('sleep 5000', [], { timeoutMs: 100 }))).toBeInstanceOf(SqlTimeoutError);
      await env.advance(1_500);
      expect(cancels).toBe(Math.min(dropped, 3) + 1);
      await run(pool.close());
      // What no cancel has ended ends by itself.
      await env.advance(5_000);
      expect(env.pendingTimers).toBe(0);
    }
  });

  it('gives the session up behind a proxy, after the cancel was delivered', async () => {
    const { pool, fail, run, server } = await bench({ min: 1, max: 1 }, { proxied: true });
    const [session] = lendable(server);
    expect(await fail(pool.query('sleep 5000', [], { timeoutMs: 100 }))).toBeInstanceOf(SqlTimeoutError);
    await run(pool.query('select a'));
    expect(server.cancels).toBe(1);
    expect(server.sessions.has(session!)).toBe(false);
    await run(pool.close());
  });

  it('gives the session up when the server does not become quiet in time', async () => {
    const { env, cluster, pool, fail, run, server } = await bench({ min: 1, max: 1 });
    const [session] = lendable(server);
    const failing = fail(pool.query('sleep 5000', [], { timeoutMs: 100 }));
    cluster.freeze('shop.primary');
    expect(await failing).toBeInstanceOf(SqlTimeoutError);
    await env.advance(1_900);
    expect(server.sessions.has(session!)).toBe(true);
    await env.advance(200);
    expect(server.sessions.has(session!)).toBe(false);
    cluster.restore('shop.primary');
    await run(pool.query('select a'));
    await run(pool.close());
    // What is left is the server's own.
    expect(env.pendingTimers - cluster.pendingTimers).toBe(0);
  });

  it('leaves no timer behind when its pool is closed without it', async () => {
    const { env, cluster, pool, fail, run } = await bench({ min: 1, max: 1, closeTimeoutMs: 20 });
    const failing = fail(pool.query('sleep 5000', [], { timeoutMs: 100 }));
    cluster.freeze('shop.primary');
    await failing;
    await run(pool.close());
    expect(env.pendingTimers - cluster.pendingTimers).toBe(0);
  });

  it('a pool that is closed meanwhile waits for it no longer than that', async () => {
    const { env, cluster, pool, fail, run, server } = await bench({ min: 1, max: 1 });
    const failing = fail(pool.query('sleep 5000', [], { timeoutMs: 100 }));
    cluster.freeze('shop.primary');
    await failing;
    const began = env.scheduler.now();
    await run(pool.close());
    expect(env.scheduler.now() - began).toBeLessThanOrEqual(2_000);
    expect(server.sessions.size).toBe(0);
    // What is left is the server's own.
    expect(env.pendingTimers - cluster.pendingTimers).toBe(0);
  });
});

describe('on a session that is lent', () => {
  it('what comes after it waits until the session is quiet', async () => {
    const { pool, run, server } = await bench({ min: 1, max: 1 });
    Object.assign(server, { latencyMs: 10, cancelLagMs: 5 });
    await run(
      pool.use(async (connection) => {
        const failing = connection.query('sleep 5000', [], { timeoutMs: 100 });
        await expect(failing).rejects.toBeInstanceOf(SqlTimeoutError);
        await connection.query('select a');
        await connection.query('select a');
      }),
    );
    expect(lendable(server)).toHaveLength(1);
    await run(pool.close());
  });

  it('one whose time is over while it waits for that is never sent', async () => {
    const { pool, run, server } = await bench({ min: 1, max: 1 });
    server.latencyMs = 50;
    await run(
      pool.use(async (connection) => {
        await connection.query('sleep 5000', [], { timeoutMs: 100 }).catch(() => {});
        const failing = connection.query('insert a 1', [], { timeoutMs: 20 });
        await expect(failing).rejects.toBeInstanceOf(SqlTimeoutError);
        expect((await connection.query('select a')).rows).toEqual([
          { value: undefined, node: 'shop.primary' },
        ]);
      }),
    );
    expect(server.cancels).toBe(1);
    await run(pool.close());
  });

  it('says that nothing was sent when the session had to be given up', async () => {
    const { env, cluster, pool, run } = await bench({ min: 1, max: 1 });
    const using = pool.use(async (connection) => {
      const failing = connection.query('sleep 5000', [], { timeoutMs: 100 });
      cluster.freeze('shop.primary');
      await failing.catch(() => {});
      const lost = await connection.query('insert a 1').catch((error: unknown) => error);
      expect(lost).toBeInstanceOf(SqlConnectionError);
      expect(lost).toMatchObject({ fault: { outcome: 'not-sent' } });
    });
    await env.advance(2_200);
    await run(using);
    cluster.restore('shop.primary');
    await run(pool.close());
  });
});
