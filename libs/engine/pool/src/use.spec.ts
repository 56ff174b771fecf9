import { describe, expect, test } from '@jest/globals';
import { PoolTimeoutError } from './index.js';
import { got, makePool, watch, type Thing } from './pool.fixture.js';

describe('use', () => {
  test('lends for the time of the work and gives its result', async () => {
    const { env, factory, pool } = makePool();
    const seen: Thing[] = [];
    for (let i = 0; i < 2; i++) {
      // Once through a create, once by the fast path.
      const result = watch(
        pool.use(async (thing) => {
          await Promise.resolve();
          expect(pool.leased).toBe(1);
          seen.push(thing);
          return i;
        }),
      );
      await env.settle();
      expect(got(result)).toBe(i);
      expect(pool.leased).toBe(0);
    }
    expect(seen).toEqual([factory.made[0], factory.made[0]]);
  });

  test.each([
    ['a value', () => 42],
    ['a promise', () => Promise.resolve(42)],
    // oxlint-disable-next-line unicorn/no-thenable -- some query builders are thenables
    ['a thenable', () => ({ then: (ok: (value: number) => void) => ok(42) }) as unknown as Promise<number>],
  ])('takes work that gives %s, cold and warm', async (_what, work) => {
    const { pool } = makePool();
    expect(await pool.use(work)).toBe(42);
    expect(await pool.use(work)).toBe(42);
    expect(await pool.use(work, { label: 'with options' })).toBe(42);
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 1, acquired: 3, created: 1 });
  });

  test.each([
    [
      'throws',
      (): Promise<never> => {
        throw new TypeError('no');
      },
    ],
    ['rejects', () => Promise.reject(new TypeError('no'))],
    [
      'gives a thenable that throws',
      () =>
        ({
          // oxlint-disable-next-line unicorn/no-thenable
          then: () => {
            throw new TypeError('no');
          },
        }) as unknown as Promise<never>,
    ],
  ])('takes the resource back when work %s, cold and warm', async (_what, work) => {
    const { pool } = makePool();
    await expect(pool.use(work)).rejects.toThrow(TypeError);
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 1 });
    await expect(pool.use(work)).rejects.toThrow(TypeError);
    await expect(pool.use(work, {})).rejects.toThrow(TypeError);
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 1, created: 1 });
  });

  test('rejects as acquire does, without calling work', async () => {
    const { env, pool } = makePool({ max: 1, acquireTimeoutMs: 50 });
    await pool.acquire();
    let called = false;
    const outcome = watch(pool.use(() => (called = true)));
    await env.advance(50);
    expect(outcome.error).toBeInstanceOf(PoolTimeoutError);
    expect(called).toBe(false);
  });

  test.each(['cold', 'warm'])('a work that outlives a forced close disturbs nothing, %s', async (how) => {
    const { env, factory, pool } = makePool({ max: 1, closeTimeoutMs: 100 });
    await pool.warm(how === 'warm' ? 1 : 0);
    let finish!: (value: string) => void;
    const used = watch(pool.use(() => new Promise<string>((resolve) => (finish = resolve))));
    await env.settle();
    const closed = watch(pool.close());
    await env.advance(100);
    expect(closed.state).toBe('fulfilled');
    expect(factory.made[0]!.destroyed).toBe(1);
    finish('late');
    await env.settle();
    expect(got(used)).toBe('late');
    expect(factory.made[0]!.destroyed).toBe(1);
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 0, total: 0, misuses: 0 });
  });

  test('nested acquires wait only as long as they may', async () => {
    const { env, pool } = makePool({ max: 1, acquireTimeoutMs: 100 });
    const outcome = watch(pool.use(() => pool.use(() => 'inner')));
    await env.advance(100);
    expect(outcome.error).toBeInstanceOf(PoolTimeoutError);
    expect(pool.leased).toBe(0);
  });
});
