import { describe, expect, test } from '@jest/globals';
import { PoolTimeoutError, type PoolOptions } from './index.js';
import { got, makePool, sleep, watch, type FakeFactory, type Thing } from './pool.fixture.js';

type Validate = NonNullable<FakeFactory['validate']>;

/** A pool with so many resources that were idle for long enough to need validation. */
async function stale(count: number, validate: Validate, options: Partial<PoolOptions<Thing>> = {}) {
  const made = makePool(
    {
      max: count,
      validateAfterIdleMs: 1_000,
      validateTimeoutMs: 200,
      idleTimeoutMs: Infinity,
      maxLifetimeMs: Infinity,
      ...options,
    },
    (factory) => {
      factory.validate = validate;
    },
  );
  await made.pool.warm(count);
  await made.env.advance(2_000);
  return made;
}

const seen = (verdicts: Record<number, boolean>): { ids: number[]; validate: Validate } => {
  const ids: number[] = [];
  return {
    ids,
    validate: (thing) => {
      ids.push(thing.id);
      return Promise.resolve(verdicts[thing.id] ?? true);
    },
  };
};

describe('validation', () => {
  test('what was idle for less than validateAfterIdleMs is lent without it', async () => {
    const { ids, validate } = seen({});
    const { env, pool } = makePool({ validateAfterIdleMs: 1_000 }, (made) => {
      made.validate = validate;
    });
    await pool.warm(1);
    await env.advance(900);
    expect(pool.tryAcquire()).toBeDefined();
    expect(ids).toEqual([]);
  });

  test('what was idle for longer is validated before it is lent, once', async () => {
    const { ids, validate } = seen({});
    const { env, pool } = await stale(1, validate);
    const outcome = watch(pool.acquire());
    await env.settle();
    got(outcome).release();
    (await pool.acquire()).release();
    expect(ids).toEqual([1]);
  });

  test('Infinity never validates, 0 already after the first look', async () => {
    const never = seen({});
    const { pool: first } = await stale(1, never.validate, { validateAfterIdleMs: Infinity });
    (await first.acquire()).release();
    expect(never.ids).toEqual([]);
    const always = seen({});
    const { pool: second } = await stale(1, always.validate, { validateAfterIdleMs: 0 });
    (await second.acquire()).release();
    expect(always.ids).toEqual([1]);
  });

  test('a factory that cannot validate is not asked to', async () => {
    const { env, pool } = makePool({ validateAfterIdleMs: 100 });
    await pool.warm(1);
    await env.advance(5_000);
    expect(pool.tryAcquire()?.resource.id).toBe(1);
  });

  test('case 5: the first idle one is invalid: the others are tried', async () => {
    // The most recently used is tried first.
    const { ids, validate } = seen({ 3: false });
    const { env, factory, pool } = await stale(3, validate);
    const outcome = watch(pool.acquire());
    await env.settle();
    expect(got(outcome).resource.id).toBe(2);
    expect(ids).toEqual([3, 2]);
    expect(factory.calls).toBe(3);
    expect(factory.made[2]).toMatchObject({ destroyed: 1, reason: 'invalid' });
    expect(pool.stats().failedChecks).toBe(1);
  });

  test('case 20: several stale resources in a row: the caller gets a new one', async () => {
    const { ids, validate } = seen({ 1: false, 2: false, 3: false });
    const { env, pool } = await stale(3, validate);
    const outcome = watch(pool.acquire());
    await env.settle();
    expect(got(outcome).resource.id).toBe(4);
    expect(ids).toEqual([3, 2, 1]);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no'))],
    ['hangs', () => new Promise<boolean>(() => {})],
  ])('case 7: a validator that %s: its resource is destroyed, nothing is stuck', async (how, validate) => {
    const { env, factory, pool } = await stale(1, validate);
    const outcome = watch(pool.acquire());
    await env.advance(how === 'hangs' ? 199 : 0);
    expect(outcome.state).toBe(how === 'hangs' ? 'pending' : 'fulfilled');
    await env.advance(1);
    expect(got(outcome).resource.id).toBe(2);
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'invalid' });
    expect(pool.stats()).toMatchObject({ total: 1, checking: 0, leased: 1, failedChecks: 1 });
  });

  test('its signal aborts at validateTimeoutMs', async () => {
    const signals: AbortSignal[] = [];
    const { env, pool } = await stale(1, (_thing, signal) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    watch(pool.acquire());
    await env.advance(200);
    expect(signals[0]!.aborted).toBe(true);
  });

  test('as many are validated at a time as there are callers', async () => {
    const ids: number[] = [];
    const { env, pool } = await stale(5, async (thing) => {
      ids.push(thing.id);
      await sleep(env, 10);
      return true;
    });
    const outcomes = [watch(pool.acquire()), watch(pool.acquire())];
    await env.settle();
    expect(ids).toEqual([5, 4]);
    expect(pool.stats()).toMatchObject({ checking: 2, idle: 3, waiting: 2 });
    await env.advance(10);
    expect(outcomes.map((outcome) => got(outcome).resource.id)).toEqual([5, 4]);
  });

  test('a resource that comes back meanwhile goes to who waits for a validation', async () => {
    const { env, factory, pool } = await stale(1, () => new Promise(() => {}), { max: 2 });
    factory.otherwise = 'hang';
    factory.acts = ['ok'];
    const hurried = watch(pool.acquire());
    const second = watch(pool.acquire());
    await env.settle();
    // The new one came before the validation answered; first come, first served.
    expect(hurried.state).toBe('fulfilled');
    got(hurried).release();
    await env.settle();
    expect(second.state).toBe('fulfilled');
  });

  test('a create under way that hangs keeps nobody from a stale idle resource', async () => {
    const { ids, validate } = seen({});
    const { env, factory, pool } = await stale(1, validate, { max: 3 });
    factory.otherwise = 'hang';
    pool.resize({ min: 2 });
    await env.settle();
    expect(pool.stats().creating).toBe(1);
    const outcome = watch(pool.acquire());
    await env.settle();
    expect(got(outcome).resource.id).toBe(1);
    expect(ids).toEqual([1]);
  });

  test('case 19: the wait includes the validation', async () => {
    const { env, pool } = await stale(1, () => new Promise(() => {}), { validateTimeoutMs: 5_000 });
    const outcome = watch(pool.acquire({ timeoutMs: 300 }));
    await env.advance(299);
    expect(outcome.state).toBe('pending');
    await env.advance(1);
    expect(outcome.error).toBeInstanceOf(PoolTimeoutError);
  });

  test('tryAcquire does not lend a stale one, but has it validated for the next', async () => {
    const { ids, validate } = seen({});
    const { env, pool } = await stale(2, validate);
    expect(pool.tryAcquire()).toBeUndefined();
    await env.settle();
    expect(ids).toEqual([2]);
    expect(pool.tryAcquire()?.resource.id).toBe(2);
  });

  test('evict during a validation replaces the resource, valid or not', async () => {
    const { env, factory, pool } = await stale(1, async () => {
      await sleep(env, 50);
      return true;
    });
    const outcome = watch(pool.acquire());
    await env.settle();
    pool.evict('credentials rotated');
    await env.advance(50);
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'credentials rotated' });
    expect(got(outcome).resource.id).toBe(2);
  });

  test('a caller who gives up leaves the validated resource idle', async () => {
    const { env, pool } = await stale(1, async () => {
      await sleep(env, 50);
      return true;
    });
    const controller = new AbortController();
    watch(pool.acquire({ signal: controller.signal }));
    await env.settle();
    controller.abort();
    await env.advance(50);
    expect(pool.stats()).toMatchObject({ idle: 1, checking: 0 });
    expect(pool.tryAcquire()).toBeDefined();
  });
});
