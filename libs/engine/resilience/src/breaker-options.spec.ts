import { describe, expect, test } from '@jest/globals';
import { OptionsError, PoolingError, type ErrorCategory } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { CircuitBreaker, type CircuitBreakerOptions } from './index.js';

describe('CircuitBreakerOptions', () => {
  test('by default an answer with an error is neutral, and so is what the caller did', () => {
    class Some extends PoolingError {
      readonly code = 'SOME';
      constructor(readonly category: ErrorCategory) {
        super('some');
      }
    }
    const failures = (error: unknown): number => {
      const breaker = new CircuitBreaker({ name: 'n' }, new VirtualEnv());
      breaker.fail(breaker.tryEnter(), error);
      return breaker.report().failures;
    };
    const counted = (['unavailable', 'timeout'] as const).map((category) => failures(new Some(category)));
    const neutral = (['conflict', 'cancelled', 'failed', 'misuse'] as const).map((category) =>
      failures(new Some(category)),
    );
    expect(counted).toEqual([1, 1]);
    expect(neutral).toEqual([0, 0, 0, 0]);
    expect([new Error('x'), 'text', null].map((error) => failures(error))).toEqual([1, 1, 1]);
  });

  test('wrong options are refused, all at once', () => {
    const wrong = { failureThreshold: 0, openMs: -1, jitter: 2, thresold: 1 } as unknown;
    const make = (): unknown => new CircuitBreaker(wrong as CircuitBreakerOptions);
    expect(make).toThrow(OptionsError);
    expect(make).toThrow("Circuit breaker '(without a name)' has 5 options");
    expect(() => new CircuitBreaker({ name: 'n', openMs: 60_000 })).toThrow(
      'maxOpenMs: must be at least openMs, which is 60000',
    );
    expect(() => new CircuitBreaker({ name: 'n', openMs: undefined })).not.toThrow();
  });
});
