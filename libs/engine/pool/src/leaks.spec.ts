import { labelKey, runInContext } from '@nest-pooling/core';
import { describe, expect, test } from '@jest/globals';
import { makePool, recorder, watch } from './pool.fixture.js';

describe('leaks', () => {
  const leaky = (warnAfterMs?: number) => {
    const made = makePool(warnAfterMs === undefined ? {} : { leak: { warnAfterMs } });
    const { sink, events } = recorder();
    made.pool.subscribe(sink);
    return { ...made, leaks: () => events.filter(([name]) => name === 'leaked') };
  };

  test('case 40: a borrowing that lasts too long is reported once, with its label and how long it lasts', async () => {
    const { env, pool, leaks } = leaky(1_000);
    await pool.acquire({ label: 'OrdersService.report' });
    await env.advance(1_000);
    expect(leaks()).toEqual([]);
    await env.advance(200);
    expect(leaks().length).toBe(1);
    const [, slot, label, heldMs] = leaks()[0]!;
    expect([slot, label]).toEqual([1, 'OrdersService.report']);
    expect(heldMs).toBeGreaterThan(1_000);
    expect(heldMs).toBeLessThanOrEqual(1_200);
    await env.advance(100_000);
    expect(leaks().length).toBe(1);
    expect(pool.stats().leaks).toBe(1);
  });

  test('case 40: the next borrowing of the same resource is reported for itself', async () => {
    const { env, pool, leaks } = leaky(1_000);
    const first = await pool.acquire({ label: 'first' });
    await env.advance(2_000);
    first.release();
    const second = pool.tryAcquire({ label: 'second' })!;
    await env.advance(2_000);
    second.release();
    await pool.acquire();
    await env.advance(2_000);
    expect(leaks().map(([, , label]) => label)).toEqual(['first', 'second', 'unlabelled']);
  });

  test('case 40: watching does not keep a returned resource: after its end the engine lets go of it', async () => {
    const { env, pool, leaks } = leaky(1_000);
    const lease = await pool.acquire();
    await env.advance(2_000);
    lease.discard();
    await env.advance(10_000);
    expect(leaks().length).toBe(1);
    expect(pool.stats()).toMatchObject({ total: 0, leased: 0 });
  });

  test('by default after a minute', async () => {
    const { env, pool, leaks } = leaky();
    await pool.acquire();
    await env.advance(60_000);
    expect(leaks()).toEqual([]);
    await env.advance(2_000);
    expect(leaks().length).toBe(1);
  });

  test('Infinity never reports', async () => {
    const { env, pool, leaks } = leaky(Infinity);
    await pool.acquire();
    await env.advance(10_000_000);
    expect(leaks()).toEqual([]);
  });

  test('without a label of its own a borrowing has that of the scope, on every way to borrow', async () => {
    const { env, pool, leaks } = leaky(1_000);
    await runInContext(labelKey, 'GET /orders', async () => {
      const [first] = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire(), pool.acquire()]);
      first.release();
      pool.tryAcquire();
    });
    runInContext(labelKey, 'job', () => watch(pool.use(() => new Promise(() => {}))));
    await runInContext(labelKey, 'hidden', () => pool.acquire({ label: 'own' }));
    await env.advance(2_000);
    expect(leaks().map(([, , label]) => label)).toEqual([
      ...Array<string>(4).fill('GET /orders'),
      'job',
      'own',
    ]);
  });
});
