import { describe, expect, test } from '@jest/globals';
import { OptionsError } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { KeyedPools, Pool, PoolBudget, PoolKeysExhaustedError } from './index.js';
import { keyed } from './keyed-pools.fixture.js';
import { FakeFactory, got, watch, type Thing } from './pool.fixture.js';

describe('KeyedPools', () => {
  test('open one pool per key, when it is asked for, however many ask at once', async () => {
    const { env, pools, factories } = keyed();
    expect([pools.size, pools.has('a')]).toEqual([0, false]);
    const leases = [pools.acquire('a'), pools.acquire('a'), pools.acquire('b')].map(watch);
    await env.settle();
    expect(leases.map((lease) => lease.state)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect(factories.get('a')!.length).toBe(1);
    expect(factories.get('a')![0]!.made.length).toBe(2);
    expect(pools.get('a')).toBe(pools.get('a'));
    expect(pools.get('a').name).toBe('tenants.a');
    expect([pools.size, pools.has('a')]).toEqual([2, true]);
    expect(pools.keys()).toEqual(['a', 'b']);
    expect(await pools.use('b', (thing) => thing.id)).toBe(2);
    expect(pools.stats()).toMatchObject({ name: 'tenants', pools: 2, opened: 2, displaced: 0 });
    expect(pools.stats().byKey.get('a')!.leased).toBe(2);
  });

  test('refuse options that make no sense, all at once', () => {
    const make = () =>
      new KeyedPools({ name: '', open: 3 as never, maxPools: 0, idleTimeoutMs: 0, maxPool: 1 } as never);
    expect(make).toThrow(OptionsError);
    expect(make).toThrow(/maxPool: is unknown[^]*name: [^]*open: [^]*maxPools: [^]*idleTimeoutMs: /);
  });

  test('case 37: close the least recently used pool, not the least frequently used one, nor the newest', async () => {
    const { env, pools } = keyed({ maxPools: 3 });
    for (const key of ['often', 'often', 'often', 'often', 'once', 'again', 'once']) {
      await env.until(pools.use(key, () => {}));
    }
    await env.until(pools.use('new', () => {}));
    expect(pools.keys()).toEqual(['new', 'once', 'again']);
    expect(pools.stats()).toMatchObject({ displaced: 1, opened: 4 });
  });

  test('case 37: never close a pool that is in use, or that somebody waits for', async () => {
    const { env, pools, factories } = keyed({ maxPools: 2 });
    const lease = await env.until(pools.acquire('leased'));
    pools.get('waited for');
    factories.get('waited for')![0]!.otherwise = 'hang';
    const waiting = watch(pools.acquire('waited for'));
    await env.settle();
    const refused = watch(pools.use('third', () => {}));
    await env.settle();
    expect(refused.error).toBeInstanceOf(PoolKeysExhaustedError);
    expect(refused.error).toMatchObject({
      code: 'POOL_KEYS_EXHAUSTED',
      category: 'unavailable',
      retryAfterMs: 1_000,
      message: expect.stringMatching(/^tenants: .*'third'.*maxPools \(2\)/),
    });
    expect(() => pools.get('third')).toThrow(PoolKeysExhaustedError);
    expect([lease.active, waiting.state, pools.stats().exhausted]).toEqual([true, 'pending', 2]);
    lease.release();
    expect(await env.until(pools.use('third', (thing) => thing.id))).toBe(1);
    expect(pools.keys()).toEqual(['third', 'waited for']);
    await env.until(pools.close());
    expect(waiting.error).toMatchObject({ code: 'POOL_CLOSED' });
  });

  test('keep what they have when another cannot be opened', () => {
    const { pools } = keyed({
      maxPools: 1,
      open: (key) => {
        if (key === 'bad') throw new TypeError('no such tenant');
        return { factory: { create: () => Promise.resolve(null as never) } };
      },
    });
    pools.get('good');
    expect(() => pools.get('bad')).toThrow('no such tenant');
    expect(pools.keys()).toEqual(['good']);
  });

  test('reject with what open throws', async () => {
    const { pools } = keyed({
      open: () => {
        // oxlint-disable-next-line typescript/only-throw-error -- users do
        throw 'a text';
      },
    });
    await expect(pools.acquire('x')).rejects.toMatchObject({ cause: 'a text' });
    await expect(pools.use('x', () => {})).rejects.toThrow('no Error');
  });

  test('close a pool that nobody uses for the idle timeout, counted from the end of the last use', async () => {
    const { env, pools, factories } = keyed({ idleTimeoutMs: 1_000 });
    const [kept, long] = ['kept', 'long'];
    const lease = await env.until(pools.acquire(long));
    await env.until(pools.use('idle', () => {}));
    for (let i = 0; i < 15; i++) {
      await env.until(pools.use(kept, () => {}));
      await env.advance(95);
    }
    expect(pools.keys().toSorted()).toEqual([kept, long]);
    expect(factories.get('idle')![0]!.live).toEqual([]);
    lease.release();
    await env.advance(890);
    expect(pools.has(long)).toBe(true);
    await env.advance(500);
    expect(pools.keys()).toEqual([]);
    expect(pools.stats()).toMatchObject({ idled: 3, closing: 0 });
    expect(env.pendingTimers).toBe(0);
    expect(await env.until(pools.use(long, (thing) => thing.id))).toBe(1);
    expect(factories.get(long)!.length).toBe(2);
  });

  test('never close an idle pool before its time', async () => {
    const { env, pools } = keyed({ idleTimeoutMs: 1_000 });
    await env.advance(99);
    await env.until(pools.use('a', () => {}));
    await env.advance(994);
    expect(pools.has('a')).toBe(true);
    await env.advance(210);
    expect(pools.has('a')).toBe(false);
  });

  test('give a key whose pool is being closed a new one', async () => {
    const { env, pools, factories } = keyed();
    const old = pools.get('a');
    const lease = await env.until(pools.acquire('a'));
    const closed = watch(pools.closeKey('a'));
    const fresh = await env.until(pools.acquire('a'));
    expect([closed.state, pools.stats().closing, pools.size]).toEqual(['pending', 1, 1]);
    expect(pools.get('a')).not.toBe(old);
    lease.release();
    await env.settle();
    expect([closed.state, fresh.active, pools.stats().closing]).toEqual(['fulfilled', true, 0]);
    expect(factories.get('a')!.length).toBe(2);
    await pools.closeKey('unknown');
  });

  test('give a key whose pool somebody closed himself a new one', async () => {
    const { env, pools } = keyed();
    const old = pools.get('a');
    await env.until(old.close());
    expect(pools.get('a')).not.toBe(old);
    expect([pools.get('a').status, pools.size]).toEqual(['starting', 1]);
  });

  test('take pools that are made already, and own them', async () => {
    const env = new VirtualEnv();
    const own = new Pool({ name: 'own', factory: new FakeFactory(env), min: 0 }, env);
    const pools = new KeyedPools<number, Thing>({ name: 'shards', open: () => own }, env);
    expect(pools.get(7)).toBe(own);
    await env.until(pools.close());
    expect(own.status).toBe('closed');
  });

  test('share a budget, which a pool of its own may refuse', async () => {
    const env = new VirtualEnv();
    const budget = new PoolBudget({ limit: 3 });
    const other = new PoolBudget({ limit: 9 });
    const pools = new KeyedPools<string, Thing>(
      {
        name: 'tenants',
        budget,
        open: (key) => ({
          factory: new FakeFactory(env),
          min: 0,
          ...(key === 'vip' ? { budget: other } : {}),
        }),
      },
      env,
    );
    const outcomes = ['a', 'b', 'd', 'c', 'vip'].map((key) => watch(pools.acquire(key)));
    await env.settle();
    expect(outcomes.map(({ state }) => state === 'fulfilled')).toEqual([true, true, true, false, true]);
    expect([budget.report().held, other.report().held]).toEqual([3, 1]);
    got(outcomes[0]!).discard();
    await env.settle();
    expect(outcomes[3]!.state).toBe('fulfilled');
  });
});
