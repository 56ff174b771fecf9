import { describe, expect, test } from '@jest/globals';
import { keyed } from './keyed-pools.fixture.js';
import { sleep, watch } from './pool.fixture.js';

describe('KeyedPools end', () => {
  test('drain: refuse what is new, let what runs finish', async () => {
    const { env, pools } = keyed();
    const used = watch(pools.use('a', () => sleep(env, 500)));
    await env.settle();
    const drained = watch(pools.drain({ deadlineMs: 2_000 }));
    await expect(pools.acquire('a')).rejects.toMatchObject({ code: 'POOL_CLOSED' });
    expect(() => pools.get('b')).toThrow('closed');
    await env.advance(499);
    expect([used.state, drained.state]).toEqual(['pending', 'pending']);
    await env.advance(1);
    expect([used.state, drained.state]).toEqual(['fulfilled', 'fulfilled']);
    expect(env.pendingTimers).toBe(0);
  });

  test('close: end everything, also what drains or is being displaced, and leave no timer', async () => {
    const { env, pools, factories } = keyed({ maxPools: 2 });
    await env.until(pools.use('slow', () => {}));
    factories.get('slow')![0]!.destroyMs = 3_000;
    await env.until(pools.use('b', () => {}));
    const lease = await env.until(pools.acquire('c'));
    expect(pools.stats().closing).toBe(1);
    watch(pools.drain({ deadlineMs: 60_000 }));
    const closed = watch(pools.close());
    await env.advance(4_999);
    expect(closed.state).toBe('pending');
    await env.advance(1);
    expect([closed.state, lease.active, env.pendingTimers]).toEqual(['fulfilled', false, 0]);
    await pools.close();
    await pools[Symbol.asyncDispose]();
  });

  test('need no timer where pools are kept for ever', async () => {
    const { env, pools } = keyed({ idleTimeoutMs: Infinity });
    pools.get('a');
    expect(env.pendingTimers).toBe(0);
    await pools.close();
  });
});
