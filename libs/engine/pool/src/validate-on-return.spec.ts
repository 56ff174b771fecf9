import { describe, expect, test } from '@jest/globals';
import { got, makePool, watch } from './pool.fixture.js';

describe('validateOnReturn', () => {
  test('who waits gets only what was found to work', async () => {
    const verdicts = [false, true];
    const made = makePool({ max: 1, validateOnReturn: true }, (factory) => {
      factory.validate = () => Promise.resolve(verdicts.shift() ?? true);
    });
    const { env, factory, pool } = made;
    const lease = await pool.acquire();
    const waiter = watch(pool.acquire());
    lease.release();
    expect(pool.stats()).toMatchObject({ checking: 1, idle: 0 });
    await env.settle();
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'invalid' });
    expect(got(waiter).resource.id).toBe(2);
    got(waiter).release();
    await env.settle();
    expect(pool.tryAcquire()!.resource.id).toBe(2);
    expect(verdicts).toEqual([]);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['hangs', () => new Promise<boolean>(() => {})],
  ])('a validation that %s: the resource is replaced, nobody is stuck', async (_how, validate) => {
    const { env, factory, pool } = makePool(
      { max: 1, validateOnReturn: true, validateTimeoutMs: 100 },
      (made) => {
        made.validate = validate;
      },
    );
    (await pool.acquire()).release();
    const waiter = watch(pool.acquire());
    await env.advance(100);
    expect(got(waiter).resource.id).toBe(2);
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'invalid' });
  });

  test('what is destroyed anyway is not validated before', async () => {
    let calls = 0;
    const { env, factory, pool } = makePool({ maxUses: 2, validateOnReturn: true }, (made) => {
      made.validate = () => Promise.resolve(++calls > 0);
    });
    (await pool.acquire()).discard('broken pipe');
    await env.settle();
    expect([calls, factory.made[0]!.reason]).toEqual([0, 'broken pipe']);
    await pool.use(() => {});
    await env.settle();
    await pool.use(() => {});
    await env.settle();
    expect([calls, factory.made[1]!.reason]).toEqual([1, 'max uses']);
    const lease = await pool.acquire();
    watch(pool.close());
    lease.release();
    await env.settle();
    expect([calls, pool.status]).toEqual([1, 'closed']);
  });

  test('what must be reset is validated after it', async () => {
    const calls: string[] = [];
    const { env, pool } = makePool({ validateOnReturn: true }, (made) => {
      made.check = () => 'reset';
      made.reset = () => Promise.resolve(void calls.push('reset'));
      made.validate = () => Promise.resolve(calls.push('validate') > 0);
    });
    await pool.use(() => {});
    await env.settle();
    expect(calls).toEqual(['reset', 'validate']);
    expect(pool.stats().idle).toBe(1);
  });

  test('idle time counts from the return, not from the time before the borrowing', async () => {
    const { env, pool } = makePool({ validateOnReturn: true, idleTimeoutMs: 1_000 }, (made) => {
      made.validate = () => Promise.resolve(true);
    });
    const lease = await pool.acquire();
    await env.advance(5_000);
    lease.release();
    await env.advance(900);
    expect(pool.stats().idle).toBe(1);
    await env.advance(400);
    expect(pool.stats().total).toBe(0);
  });
});
