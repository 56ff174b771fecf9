import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { LeaseEndedError } from './index.js';
import { got, makePool, recorder, sleep, watch } from './pool.fixture.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const reclaiming = (options = {}) =>
  makePool({ max: 1, leak: { reclaimAfterMs: 1_000, ...options }, acquireTimeoutMs: 60_000 });

describe('reclaim', () => {
  test('takes a resource from its holder, destroys it once, and lets others go on', async () => {
    const { env, factory, pool } = reclaiming();
    const told: unknown[] = [];
    pool.on('reclaimed', (event) => told.push(event));
    const lease = await pool.acquire({ label: 'report' });
    const waiter = watch(pool.acquire());
    await env.advance(1_000);
    expect(lease.active).toBe(true);
    await env.advance(200);
    expect(got(waiter).resource.id).toBe(2);
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'reclaimed' });
    expect(told).toEqual([{ slot: 1, label: 'report', reason: 'held for more than 1000 ms' }]);
    expect(pool.stats()).toMatchObject({ leased: 1, reclaimed: 1, total: 1, destroyed: { reclaimed: 1 } });
  });

  test('the late holder gets a typed error, and his release is misuse that corrupts nothing', async () => {
    const { env, factory, pool } = reclaiming();
    const lease = await pool.acquire();
    const waiter = watch(pool.acquire());
    await env.advance(1_200);
    expect(() => lease.resource).toThrow(LeaseEndedError);
    expect(() => lease.resource).toThrow(/The pool had taken the resource back/);
    expect(lease.active).toBe(false);
    lease.release();
    lease.discard();
    lease[Symbol.dispose]();
    await env.settle();
    expect(pool.stats()).toMatchObject({ leased: 1, misuses: 4 });
    expect(got(waiter).resource.destroyed).toBe(0);
    expect(factory.made.map(({ destroyed }) => destroyed)).toEqual([1, 0]);
  });

  test.each(['resolves', 'rejects'])('work of use that %s after that gives nothing back', async (how) => {
    const { env, factory, pool } = reclaiming();
    await pool.warm(1);
    const outcome = watch(
      pool.use(async () => {
        await sleep(env, 1_300);
        if (how === 'rejects') throw new TypeError('late');
        return 'late';
      }),
    );
    await env.advance(1_250);
    const second = await pool.acquire();
    await env.advance(100);
    expect([outcome.state, outcome.value]).toEqual(
      how === 'rejects' ? ['rejected', undefined] : ['fulfilled', 'late'],
    );
    expect(pool.stats()).toMatchObject({ leased: 1, idle: 0 });
    expect(second.resource).toBe(factory.made[1]);
    expect(factory.made[0]!.destroyed).toBe(1);
  });

  test('a listener that releases the lease finds it over', async () => {
    const { env, factory, pool } = reclaiming();
    const lease = await pool.acquire();
    const { sink, events } = recorder();
    pool.subscribe(sink);
    pool.on('reclaimed', () => lease.release());
    await env.advance(1_200);
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 0, total: 0, misuses: 1 });
    expect(factory.made[0]!.destroyed).toBe(1);
    expect(events.filter(([name]) => name === 'released').length).toBe(1);
  });

  test('a lease that comes back in time is left alone; Infinity takes none back', async () => {
    const { env, pool } = reclaiming();
    const lease = await pool.acquire();
    await env.advance(900);
    lease.release();
    const second = pool.tryAcquire()!;
    await env.advance(900);
    expect([second.active, pool.stats().reclaimed]).toEqual([true, 0]);
    const { env: other, pool: patient } = reclaiming({ reclaimAfterMs: Infinity });
    const kept = await patient.acquire();
    await other.advance(10_000_000);
    expect(kept.active).toBe(true);
  });
});

describe('a lease that was garbage collected', () => {
  const collecting = () => makePool({ max: 1, leak: { collected: true } });

  test('without being released is taken back', async () => {
    const { env, factory, pool } = collecting();
    const told: unknown[] = [];
    pool.on('reclaimed', (event) => told.push(event));
    const lease = await pool.acquire({ label: 'forgetful' });
    const waiter = watch(pool.acquire());
    env.collect(lease);
    await env.settle();
    expect(got(waiter).resource.id).toBe(2);
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'reclaimed' });
    expect(told).toEqual([
      {
        slot: 1,
        label: 'forgetful',
        reason: 'its lease was garbage collected without being released',
      },
    ]);
  });

  test('nothing is watched after a release, a discard, a use, a reclaim or a close', async () => {
    const { env, pool } = makePool({ max: 3, leak: { collected: true, reclaimAfterMs: 5_000 } });
    (await pool.acquire()).release();
    (await pool.acquire()).discard();
    await pool.use(() => {});
    await pool.use(() => {}, { label: 'with options' });
    expect(env.watchedTargets).toBe(0);
    const first = await pool.acquire();
    await env.advance(6_000);
    expect([first.active, env.watchedTargets]).toEqual([false, 0]);
    pool.tryAcquire();
    await pool.acquire();
    expect(env.watchedTargets).toBe(1);
    const closed = watch(pool.close());
    await env.advance(5_000);
    expect([closed.state, env.watchedTargets]).toEqual(['fulfilled', 0]);
  });

  test('the watch does not keep the lease alive, and holds no later borrower of the resource', async () => {
    const { env, pool } = collecting();
    const callbacks: (() => void)[] = [];
    const targets: WeakRef<object>[] = [];
    env.onCollected = (target, fn) => {
      targets.push(new WeakRef(target));
      callbacks.push(fn);
      return () => {};
    };
    const borrow = async (): Promise<void> => (await pool.acquire()).release();
    await borrow();
    const later = await pool.acquire();
    await sleepALittle();
    collectGarbage();
    expect(targets[0]!.deref()).toBeUndefined();
    expect(targets[1]!.deref()).toBe(later);
    expect(callbacks.length).toBe(2);
    // Its callback comes though it was released: the watch was ended, but the registry had it queued already.
    callbacks[0]!();
    expect(later.active).toBe(true);
  });

  test('is not watched unless asked for', async () => {
    const { env, pool } = makePool();
    await pool.acquire();
    expect(env.watchedTargets).toBe(0);
  });
});

const sleepALittle = () => new Promise((resolve) => void setImmediate(resolve));
