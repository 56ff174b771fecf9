import { describe, expect, it } from '@jest/globals';
import { PoolingError } from '@nest-pooling/core';
import { bench } from './model.fixture.js';
import { SqlCancelledError, SqlConnectionError, SqlStatementError, SqlTimeoutError } from './errors.js';

describe('SingleNodePool', () => {
  it('answers with rows, the node and the lane', async () => {
    const { pool, run } = await bench();
    await run(pool.query('insert a 1'));
    const result = await run(pool.query('select a'));
    expect(result).toEqual({
      rows: [{ value: '1', node: 'shop.primary' }],
      rowCount: 1,
      command: 'SELECT',
      fields: [],
      node: 'shop.primary',
      lane: 'write',
    });
    await run(pool.close());
  });

  it('gives a failed statement as a typed error with node, fault and cause, and keeps the session', async () => {
    const { pool, fail, run, server } = await bench();
    const error = await fail(pool.query('fail constraint'));
    expect(error).toBeInstanceOf(SqlStatementError);
    expect(error).toBeInstanceOf(PoolingError);
    expect(error).toMatchObject({ code: 'SQL_STATEMENT_FAILED', node: 'shop.primary', category: 'failed' });
    expect((error as SqlStatementError).fault?.category).toBe('constraint');
    expect(error.cause).toBeInstanceOf(Error);
    expect(server.sessions.size).toBe(2);
    await run(pool.close());
  });

  it('case 41: a timeout cancels on the server and the session is never used again', async () => {
    const { env, pool, fail, run } = await bench({ min: 0, max: 1 });
    const before = env.scheduler.now();
    const error = await fail(pool.query('sleep 5000', [], { timeoutMs: 100 }));
    expect(error).toBeInstanceOf(SqlTimeoutError);
    expect(error).toMatchObject({ code: 'SQL_TIMEOUT', category: 'timeout' });
    expect(env.scheduler.now() - before).toBeLessThan(200);
    // The only place of the pool is free again, with another session.
    await run(pool.query('select a'));
    expect(pool.report().nodes['shop.primary']).toMatchObject({ inUse: 0 });
    await run(pool.close());
  });

  it('a signal ends a statement; the listener is removed', async () => {
    const { env, pool, fail, run } = await bench();
    const controller = new AbortController();
    const failing = fail(pool.query('sleep 5000', [], { signal: controller.signal }));
    await env.advance(50);
    controller.abort(new Error('gone'));
    const error = await failing;
    expect(error).toBeInstanceOf(SqlCancelledError);
    expect((error.cause as Error).message).toBe('gone');
    expect(await fail(pool.query('select a', [], { signal: controller.signal }))).toBeInstanceOf(
      PoolingError,
    );
    await run(pool.close());
  });

  it('the deadline of a statement is total: waiting for a session counts', async () => {
    const { env, pool, fail, run } = await bench({ min: 1, max: 1 });
    const busy = pool.query('sleep 300');
    const began = env.scheduler.now();
    const failing = fail(pool.query('sleep 200', [], { timeoutMs: 400 }));
    expect(await failing).toBeInstanceOf(SqlTimeoutError);
    expect(env.scheduler.now() - began).toBeLessThanOrEqual(420);
    await run(busy);
    await run(pool.close());
  });

  it('a stray BEGIN does not reach the next borrower', async () => {
    const { env, pool, server, run } = await bench({ min: 1, max: 1 });
    await run(pool.query('begin'));
    await env.advance(20);
    expect([...server.sessions].map((session) => (session as { state?: string }).state)).not.toContain(
      'in-transaction',
    );
    await run(pool.query('select a'));
    await run(pool.close());
  });

  it('session state is cleared before somebody else has the session', async () => {
    const { pool, server, run } = await bench({ min: 1, max: 1 });
    await run(pool.query('set x'));
    await run(pool.query('select a'));
    for (const session of server.sessions) {
      expect((session as unknown as { settings: Set<string> }).settings.size).toBe(0);
    }
    await run(pool.close());
  });

  it('a connection lost while idle is replaced; one lost in use rejects its statement as of unknown effect', async () => {
    const { env, cluster, pool, run, fail } = await bench({ min: 1, max: 1 });
    const failing = fail(pool.query('sleep 1000'));
    await env.advance(20);
    cluster.kill('shop.primary');
    const error = await failing;
    expect(error).toBeInstanceOf(SqlConnectionError);
    expect((error as SqlConnectionError).fault?.outcome).toBe('unknown');
    cluster.restore('shop.primary');
    await env.advance(6_000);
    await run(pool.query('select a'));
    expect(pool.report().nodes['shop.primary']!.errors).toBeGreaterThan(0);
    await run(pool.close());
  });

  it('a server that is frozen for longer than a statement may run costs the session, not the caller', async () => {
    const { env, cluster, pool, fail, run } = await bench({ min: 1, max: 1 }, { queryTimeoutMs: 2_000 });
    const failing = fail(pool.query('select a'));
    cluster.freeze('shop.primary');
    expect(await failing).toBeInstanceOf(SqlConnectionError);
    cluster.restore('shop.primary');
    await env.advance(6_000);
    await run(pool.query('select a'));
    await run(pool.close());
  });

  it('a statement that runs for longer than any may, behind a pooler, is cancelled on the server', async () => {
    const more = { queryTimeoutMs: 2_000, proxied: true };
    const { env, pool, fail, run, server } = await bench({ min: 1, max: 1 }, more);
    const before = [...server.sessions];
    const error = await fail(pool.query('sleep 30000'));
    expect(error).toBeInstanceOf(SqlTimeoutError);
    expect(error.message).toContain('2000 ms');
    await env.advance(100);
    expect(before.filter((session) => !server.sessions.has(session))).toHaveLength(1);
    await run(pool.query('select a'));
    await run(pool.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('pings past the queue of its pool', async () => {
    const { pool, run, cluster } = await bench({ min: 1, max: 1 });
    const busy = pool.query('sleep 3000');
    expect(await run(pool.ping())).toMatchObject({ 'shop.primary': { ok: true } });
    await run(busy);
    cluster.freeze('shop.primary');
    expect(await run(pool.ping({ timeoutMs: 200 }))).toMatchObject({
      'shop.primary': { ok: false, code: 'SQL_TIMEOUT' },
    });
    await run(pool.close());
  });

  it('an answered ping ends the wait for the next attempt to connect', async () => {
    const { env, cluster, pool, run } = await bench({
      min: 1,
      createBackoff: { initialMs: 60_000, maxMs: 60_000 },
    });
    cluster.kill('shop.primary');
    await env.advance(2_000);
    expect(await run(pool.ping())).toMatchObject({ 'shop.primary': { ok: false } });
    cluster.restore('shop.primary');
    await env.advance(100);
    expect(pool.report().nodes['shop.primary']).toMatchObject({ total: 0 });
    expect(await run(pool.ping())).toMatchObject({ 'shop.primary': { ok: true } });
    await env.advance(100);
    expect(pool.report().nodes['shop.primary']).toMatchObject({ total: 1 });
    await run(pool.close());
  });

  it('streams rows and gives the session back when the loop is left early', async () => {
    const { pool, run } = await bench({ min: 1, max: 1 });
    const read = async (): Promise<unknown[]> => {
      const rows: unknown[] = [];
      for await (const row of pool.stream('select a')) {
        rows.push(row);
        break;
      }
      return rows;
    };
    expect(await run(read())).toHaveLength(1);
    expect(await run(read())).toHaveLength(1);
    expect(pool.report().nodes['shop.primary']).toMatchObject({ inUse: 0 });
    await run(pool.close());
  });

  it('whoever is still out when it is closed has an answer by then', async () => {
    const { env, cluster, pool, run } = await bench({ min: 2, closeTimeoutMs: 50, destroyTimeoutMs: 20 });
    cluster.freeze('shop.primary');
    const settled: string[] = [];
    for (const text of ['insert a 1', 'select a', 'select b']) {
      pool
        .query(text, [], { timeoutMs: 60_000 })
        .catch((error: { code: string }) => settled.push(error.code));
    }
    await env.advance(10);
    await run(pool.close());
    expect(settled.toSorted()).toEqual(['POOL_CLOSED', 'SQL_CONNECTION_LOST', 'SQL_CONNECTION_LOST']);
  });

  it('leaves no timer and no session behind when it is closed', async () => {
    const { env, pool, server, run } = await bench();
    await run(pool.query('select a'));
    await run(pool.close());
    expect(env.pendingTimers).toBe(0);
    expect(server.sessions.size).toBe(0);
    expect(pool.report()).toMatchObject({ status: 'closed', serving: false });
  });
});
