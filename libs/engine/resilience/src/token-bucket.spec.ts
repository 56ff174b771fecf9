import { describe, expect, test } from '@jest/globals';
import { OptionsError } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import * as fc from 'fast-check';
import { TokenBucket, type TokenBucketOptions } from './index.js';

function setUp(perSecond: number, burst?: number): { env: VirtualEnv; bucket: TokenBucket } {
  const env = new VirtualEnv();
  return { env, bucket: new TokenBucket({ name: 'fallback', perSecond, burst }, env) };
}
const taken = (bucket: TokenBucket, times: number): number =>
  Array.from({ length: times }, () => bucket.tryTake()).filter(Boolean).length;

describe('TokenBucket', () => {
  test('a burst at once, then as much as comes back', async () => {
    const { env, bucket } = setUp(10, 5);
    expect(taken(bucket, 20)).toBe(5);
    await env.advance(250);
    expect(bucket.available).toBe(2.5);
    expect(taken(bucket, 20)).toBe(2);
    await env.advance(3_600_000);
    expect(bucket.available).toBe(5);
    expect(env.pendingTimers).toBe(0);
  });

  test('the burst is one second’s worth by default, and at least one', () => {
    expect(setUp(30).bucket.burst).toBe(30);
    expect(setUp(0.5).bucket.burst).toBe(1);
  });

  test('several at once: all or none', () => {
    const { bucket } = setUp(1, 5);
    expect(bucket.tryTake(6)).toBe(false);
    expect(bucket.tryTake(4)).toBe(true);
    expect(bucket.tryTake(2)).toBe(false);
    expect(bucket.available).toBe(1);
  });

  test('given back, they are there again, but never more than the burst', () => {
    const { bucket } = setUp(0, 2);
    expect(taken(bucket, 5)).toBe(2);
    bucket.giveBack();
    expect(taken(bucket, 5)).toBe(1);
    bucket.giveBack(7);
    expect(bucket.available).toBe(2);
  });

  test('whoever waits as long as told gets what was asked for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5_000 }),
        fc.integer({ min: 1, max: 50 }),
        fc.nat(100),
        fc.integer({ min: 1, max: 50 }),
        async (perSecond, burst, tries, count) => {
          fc.pre(count <= burst);
          const { env, bucket } = setUp(perSecond, burst);
          taken(bucket, tries);
          // One more for what rounding of binary fractions may lack.
          await env.advance(bucket.retryAfterMs(count) + 1);
          expect(bucket.retryAfterMs(count)).toBe(0);
          expect(bucket.tryTake(count)).toBe(true);
        },
      ),
    );
    expect(setUp(1, 5).bucket.retryAfterMs(6)).toBe(Infinity);
    const { bucket } = setUp(0, 1);
    bucket.tryTake();
    expect(bucket.retryAfterMs()).toBe(Infinity);
  });

  test('in no stretch of time more than burst + perSecond x seconds; and whoever asks all the time gets no less', async () => {
    const step = fc.record({ wait: fc.nat(500), tries: fc.nat(30) });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 1, max: 40 }),
        fc.array(step, { minLength: 1, maxLength: 40 }),
        async (perSecond, burst, steps) => {
          const { env, bucket } = setUp(perSecond, burst);
          const log: { at: number; got: number }[] = [];
          for (const { wait, tries } of steps) {
            await env.advance(wait);
            log.push({ at: env.scheduler.now(), got: taken(bucket, tries) });
            expect(bucket.available).toBeGreaterThanOrEqual(0);
            expect(bucket.available).toBeLessThanOrEqual(burst);
          }
          for (let from = 0; from < log.length; from++) {
            let sum = 0;
            for (let to = from; to < log.length; to++) {
              sum += log[to]!.got;
              const seconds = (log[to]!.at - log[from]!.at) / 1_000;
              expect(sum).toBeLessThanOrEqual(burst + perSecond * seconds + 1e-6);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
    const { env, bucket } = setUp(50, 3);
    let got = 0;
    for (let i = 0; i < 1_000; i++) {
      await env.advance(10);
      got += taken(bucket, 5);
    }
    expect(got).toBeGreaterThanOrEqual(500);
    expect(got).toBeLessThanOrEqual(503);
  });

  test('wrong options are refused, all at once', () => {
    const make = (options: object): unknown => new TokenBucket(options as TokenBucketOptions);
    expect(() => make({ burst: 0, rate: 5 })).toThrow(OptionsError);
    expect(() => make({ burst: 0, rate: 5 })).toThrow("Token bucket '(without a name)' has 4 options");
    expect(() => make({ name: 'n', perSecond: Number.NaN })).toThrow('perSecond: must be a number');
  });
});
