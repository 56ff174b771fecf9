import { describe, expect, test } from '@jest/globals';
import type { CheckResult } from './index.js';
import { got, makePool, sleep, watch } from './pool.fixture.js';

describe('returning', () => {
  test('case 3: a discarded resource leaves no waiter behind: a new one is created', async () => {
    const { env, factory, pool } = makePool({ max: 1 });
    const lease = await pool.acquire();
    const waiter = watch(pool.acquire());
    lease.discard();
    await env.settle();
    expect(got(waiter).resource).toBe(factory.made[1]);
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'discarded' });
  });

  test('case 14: what comes back broken is not lent any more and does not count as leased', async () => {
    const { env, factory, pool } = makePool({}, (made) => {
      made.check = () => 'broken';
      made.destroyMs = 50;
    });
    (await pool.acquire()).release();
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 0, closing: 1, total: 1, utilization: 0 });
    expect(pool.load).toBe(0);
    await env.advance(50);
    expect(pool.stats()).toMatchObject({ total: 0, destroyed: { broken: 1 } });
    expect(factory.made[0]!.destroyed).toBe(1);
  });

  test('case 7: a check that throws on return destroys, and loses nothing', async () => {
    const { env, factory, pool } = makePool({ max: 1 }, (made) => {
      made.check = () => {
        throw new TypeError('in check');
      };
    });
    const lease = await pool.acquire();
    const waiter = watch(pool.acquire());
    expect(() => lease.release()).not.toThrow();
    await env.settle();
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'broken' });
    expect(got(waiter).resource).toBe(factory.made[1]);
  });

  test('the check sees every return, with the resource', async () => {
    const seen: number[] = [];
    const { pool } = makePool({}, (made) => {
      made.check = (thing) => {
        seen.push(thing.id);
        return 'ok';
      };
    });
    for (let i = 0; i < 3; i++) await pool.use(() => {});
    expect(seen).toEqual([1, 1, 1]);
  });

  test('a place is given away only when the other side let go', async () => {
    const { env, factory, pool } = makePool({ max: 1 }, (made) => {
      made.destroyMs = 300;
    });
    const lease = await pool.acquire();
    const waiter = watch(pool.acquire());
    lease.discard();
    // Whoever comes now is no reason to exceed max either.
    watch(pool.acquire());
    await env.advance(299);
    expect(factory.calls).toBe(1);
    expect(waiter.state).toBe('pending');
    await env.advance(1);
    expect(waiter.state).toBe('fulfilled');
  });

  test.each(['hangs', 'rejects'] as const)(
    'a destroy that %s gives its place away all the same',
    async (how) => {
      const { env, factory, pool } = makePool({ max: 1, destroyTimeoutMs: 400 }, (made) => {
        if (how === 'hangs') made.destroyMs = Infinity;
        else made.destroyError = new Error('no');
      });
      const lease = await pool.acquire();
      const waiter = watch(pool.acquire());
      lease.discard();
      await env.advance(how === 'hangs' ? 400 : 0);
      expect(got(waiter).resource).toBe(factory.made[1]);
    },
  );

  test('maxUses replaces a resource after so many borrowings, not before', async () => {
    const { env, factory, pool } = makePool({ maxUses: 3 });
    for (let i = 0; i < 3; i++) {
      expect(factory.made.at(-1)?.destroyed ?? 0).toBe(0);
      await pool.use((thing) => expect(thing.id).toBe(1));
    }
    await env.settle();
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'max uses' });
    await pool.use((thing) => expect(thing.id).toBe(2));
  });
});

describe('reset', () => {
  const resetting = (reset: (signal: AbortSignal) => Promise<void>, options = {}) =>
    makePool({ max: 1, resetTimeoutMs: 100, ...options }, (made) => {
      made.check = () => 'reset';
      made.reset = (_thing, signal) => reset(signal);
    });

  test('leaves the fast path: nobody has the resource until it is clean', async () => {
    const { env, pool } = resetting(() => sleep(env, 50));
    (await pool.acquire()).release();
    expect(pool.stats()).toMatchObject({ checking: 1, idle: 0, leased: 0, total: 1 });
    expect(pool.tryAcquire()).toBeUndefined();
    const waiter = watch(pool.acquire());
    await env.advance(49);
    expect(waiter.state).toBe('pending');
    await env.advance(1);
    expect(got(waiter).resource.id).toBe(1);
    expect(pool.stats()).toMatchObject({ checking: 0, created: 1 });
  });

  test.each([
    ['rejects', () => Promise.reject(new Error('no'))],
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['hangs', () => new Promise<void>(() => {})],
  ])('one that %s destroys the resource; who waits gets a new one', async (how, reset) => {
    const { env, factory, pool } = resetting(reset);
    const lease = await pool.acquire();
    const waiter = watch(pool.acquire());
    lease.release();
    await env.advance(how === 'hangs' ? 100 : 0);
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'reset failed' });
    expect(got(waiter).resource.id).toBe(2);
    expect(pool.stats()).toMatchObject({ failedChecks: 1, checking: 0 });
  });

  test('its signal aborts when it takes too long', async () => {
    const signals: AbortSignal[] = [];
    const { env, pool } = resetting((signal) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    (await pool.acquire()).release();
    await env.advance(99);
    expect(signals[0]!.aborted).toBe(false);
    await env.advance(1);
    expect(signals[0]!.aborted).toBe(true);
  });

  test('without a reset in the factory, what needs one is destroyed', async () => {
    const { env, factory, pool } = makePool({}, (made) => {
      made.check = () => 'reset';
    });
    (await pool.acquire()).release();
    await env.settle();
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'broken' });
  });

  test('evict while it is being reset replaces it', async () => {
    const { env, factory, pool } = resetting(() => sleep(env, 50));
    (await pool.acquire()).release();
    pool.evict('credentials rotated');
    await env.advance(50);
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'credentials rotated' });
  });

  test('a verdict may change from return to return', async () => {
    let verdict: CheckResult = 'ok';
    const resets: number[] = [];
    const { env, pool } = makePool({}, (made) => {
      made.check = () => verdict;
      made.reset = (thing) => Promise.resolve(void resets.push(thing.id));
    });
    await pool.use(() => {});
    expect(resets).toEqual([]);
    verdict = 'reset';
    await pool.use(() => {});
    await env.settle();
    expect(resets).toEqual([1]);
    expect(pool.stats()).toMatchObject({ idle: 1, created: 1 });
  });
});
