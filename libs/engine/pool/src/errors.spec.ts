import { describe, expect, test } from '@jest/globals';
import { PoolingError } from '@nest-pooling/core';
import { PoolError, PoolTimeoutError } from './index.js';
import { makePool, watch } from './pool.fixture.js';

describe('the timeout error', () => {
  test('tells the pool, the fact, the numbers, the oldest holders and the next step', async () => {
    const { env, pool } = makePool({ max: 4, acquireTimeoutMs: 3_000, leak: { warnAfterMs: 1_000 } });
    await pool.acquire({ label: 'OrdersService.report' });
    await env.advance(9_000);
    await pool.acquire();
    await env.advance(5_000);
    await pool.acquire({ label: 'Mail.send' });
    await pool.acquire({ label: 'Newest.one' });
    const outcome = watch(pool.acquire());
    watch(pool.acquire());
    await env.advance(3_000);
    const error = outcome.error as PoolTimeoutError;
    expect(error).toBeInstanceOf(PoolTimeoutError);
    expect(error.message).toBe(
      'orders: no resource became free within 3000 ms (max=4, total=4, leased=4, idle=0, waiting=1); ' +
        'oldest holders: OrdersService.report 17 s, unlabelled 8 s, Mail.send 3 s. ' +
        'Raise max, hold resources for a shorter time, or raise acquireTimeoutMs.',
    );
    expect(error).toMatchObject({
      code: 'POOL_TIMEOUT',
      category: 'unavailable',
      pool: 'orders',
      name: 'PoolTimeoutError',
      retryAfterMs: 1_000,
      numbers: { max: 4, total: 4, leased: 4, idle: 0, waiting: 1 },
    });
    expect('cause' in error).toBe(false);
  });

  test('short holdings are told as such, and only resources that are lent have holders', async () => {
    const { env, pool } = makePool({ max: 1, acquireTimeoutMs: 100 });
    await pool.acquire({ label: 'quick' });
    const held = watch(pool.acquire());
    await env.advance(100);
    expect((held.error as Error).message).toContain('; oldest holders: quick under 1 s. ');
    const { env: other, pool: cold } = makePool({ max: 1, acquireTimeoutMs: 100 }, (made) => {
      made.otherwise = 'hang';
    });
    const waiter = watch(cold.acquire());
    await other.advance(100);
    expect((waiter.error as Error).message).not.toContain('holders');
  });

  test('has no stack: errors that come in thousands must be cheap', async () => {
    const { env, pool } = makePool({ max: 1, acquireTimeoutMs: 100 });
    await pool.acquire();
    const outcome = watch(pool.acquire());
    await env.advance(100);
    expect((outcome.error as Error).stack).not.toContain('\n    at ');
  });
});

test('every error of the engine is a PoolError and a PoolingError', async () => {
  const { env, pool } = makePool({ max: 1, acquireTimeoutMs: 0 });
  const outcome = watch(pool.acquire());
  await env.settle();
  expect(outcome.error).toBeInstanceOf(PoolError);
  expect(outcome.error).toBeInstanceOf(PoolingError);
  expect((outcome.error as PoolError).pool).toBe('orders');
});
