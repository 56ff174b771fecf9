import { describe, expect, test } from '@jest/globals';
import { PoolDeadlockError, PoolTimeoutError } from './index.js';
import { got, makePool, sleep, watch } from './pool.fixture.js';

const detecting = (max: number, options = {}) => makePool({ max, detectDeadlock: true, ...options });

describe('a nested borrowing that can never be served', () => {
  test('is told at once, with an explanation, on a pool of one', async () => {
    const { env, pool } = detecting(1);
    const outcome = watch(pool.use(() => pool.use(() => 'never')));
    await env.settle();
    expect(outcome.error).toBeInstanceOf(PoolDeadlockError);
    expect(outcome.error).toMatchObject({ code: 'POOL_DEADLOCK', category: 'misuse' });
    expect((outcome.error as Error).message).toMatch(/all 1 holders wait .*Pass the borrowed resource on/);
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 1, waiting: 0, refused: 1 });
  });

  test('of two flows on a pool of two: the second is told, and the first goes on', async () => {
    const { env, pool } = detecting(2);
    const nested = async (): Promise<string> => {
      await sleep(env, 10);
      return pool.use(() => 'done');
    };
    const outcomes = [watch(pool.use(nested)), watch(pool.use(nested))];
    await env.advance(10);
    expect(outcomes[1]!.error).toBeInstanceOf(PoolDeadlockError);
    await env.settle();
    expect(got(outcomes[0]!)).toBe('done');
  });

  test('of one flow that holds all of them', async () => {
    const { env, pool } = detecting(2);
    const outcome = watch(pool.use(() => pool.use(() => pool.use(() => 'never'))));
    await env.settle();
    expect(outcome.error).toBeInstanceOf(PoolDeadlockError);
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 2 });
  });

  test('is not looked for unless asked for', async () => {
    const { env, pool } = makePool({ max: 1 });
    const outcome = watch(pool.use(() => pool.use(() => 'never')));
    await env.advance(9_999);
    expect(outcome.state).toBe('pending');
    await env.advance(1);
    expect(outcome.error).toBeInstanceOf(PoolTimeoutError);
  });
});

describe('no false alarm', () => {
  test('when a third holder does not wait', async () => {
    const { env, pool } = detecting(3);
    const nested = () => pool.use(() => 'done');
    const third = watch(pool.use(() => sleep(env, 500)));
    await env.settle();
    const outcomes = [watch(pool.use(nested)), watch(pool.use(nested))];
    await env.advance(499);
    expect(outcomes.map(({ state }) => state)).toEqual(['pending', 'pending']);
    await env.advance(1);
    expect([got(outcomes[0]!), got(outcomes[1]!), third.state]).toEqual(['done', 'done', 'fulfilled']);
  });

  test('when one of the leases was acquired, and is released by somebody outside', async () => {
    const { env, pool } = detecting(2);
    const outside = await pool.acquire();
    const outcome = watch(pool.use(() => pool.use(() => 'done')));
    await env.advance(100);
    expect(outcome.state).toBe('pending');
    outside.release();
    await env.settle();
    expect(got(outcome)).toBe('done');
  });

  test('when the one who waits holds a resource of another pool', async () => {
    const { env, pool } = detecting(1);
    const { pool: other } = detecting(1);
    const holder = watch(pool.use(() => sleep(env, 100)));
    await env.settle();
    const outcome = watch(other.use(() => pool.use(() => 'done')));
    await env.advance(100);
    expect([got(outcome), holder.state]).toEqual(['done', 'fulfilled']);
  });

  test('when there is room to create', async () => {
    const { pool } = detecting(2);
    expect(await pool.use(() => pool.use(() => 'done'))).toBe('done');
  });

  test.each(['abort', 'timeout'])('after the %s of a nested wait', async (how) => {
    const { env, pool } = detecting(2);
    const controller = new AbortController();
    let rest: Promise<void> | undefined;
    const first = watch(
      pool.use(async () => {
        await sleep(env, 10);
        const options = how === 'abort' ? { signal: controller.signal } : { timeoutMs: 50 };
        await pool.use(() => {}, options).catch(() => {});
        await (rest = sleep(env, 1_000));
      }),
    );
    const blocked = watch(
      pool.use(async () => {
        await sleep(env, 100);
        return pool.use(() => 'done');
      }),
    );
    await env.advance(50);
    controller.abort();
    await env.advance(20);
    expect(rest).toBeDefined();
    await env.advance(100);
    expect(blocked.state).toBe('pending');
    await env.advance(1_000);
    expect([got(blocked), first.state]).toEqual(['done', 'fulfilled']);
  });

  test('when the flow was begun within a borrowing that is over', async () => {
    const { env, pool } = detecting(1);
    let later: ReturnType<typeof watch<string>> | undefined;
    await pool.use(() => {
      void sleep(env, 50).then(() => (later = watch(pool.use(() => 'done'))));
    });
    const holder = watch(pool.use(() => sleep(env, 100)));
    await env.advance(60);
    expect(later?.state).toBe('pending');
    await env.advance(100);
    expect([got(later!), holder.state]).toEqual(['done', 'fulfilled']);
  });

  test('when a borrowing ended while something that it began still waits', async () => {
    const { env, pool } = detecting(2);
    const outside = await pool.acquire();
    let inner: ReturnType<typeof watch<string>> | undefined;
    await pool.use(() => {
      inner = watch(pool.use(() => sleep(env, 10).then(() => 'inner')));
    });
    outside.release();
    const outcome = watch(pool.use(() => sleep(env, 30).then(() => pool.use(() => 'done'))));
    await env.advance(100);
    expect([got(inner!), got(outcome)]).toEqual(['inner', 'done']);
  });
});
