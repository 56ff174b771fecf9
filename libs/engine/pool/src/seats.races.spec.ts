import { expect, test } from '@jest/globals';
import { got, makePool, watch } from './pool.fixture.js';

test('what was validated for as many as it has seats for is there again when they leave (found by simulation)', async () => {
  const { env, pool } = makePool(
    { max: 1, leasesPerResource: 2, validateAfterIdleMs: 100, keepaliveIntervalMs: Infinity },
    (factory) => {
      factory.validate = () => Promise.resolve(true);
    },
  );
  await pool.warm(1);
  await env.advance(500);
  const outcomes = [watch(pool.acquire()), watch(pool.acquire())];
  await env.settle();
  for (const outcome of outcomes) got(outcome).release();
  expect(pool.stats()).toMatchObject({ total: 1, idle: 1, leased: 0 });
  expect(pool.tryAcquire()).toBeDefined();
  await env.until(pool.close());
});

test('a pool that drains lends the free seats beside those who waited to nobody (found by simulation)', async () => {
  const { env, factory, pool } = makePool({ max: 1, leasesPerResource: 3 }, (made) => {
    made.acts = [50];
  });
  const waited = watch(pool.acquire());
  const drained = watch(pool.drain({ deadlineMs: 1_000 }));
  await env.advance(60);
  expect(got(waited).active).toBe(true);
  expect(pool.tryAcquire()).toBeUndefined();
  got(waited).release();
  await env.settle();
  expect([drained.state, factory.live.length]).toEqual(['fulfilled', 0]);
  expect(pool.tryAcquire()).toBeUndefined();
});
