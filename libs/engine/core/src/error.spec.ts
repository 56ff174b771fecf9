import { describe, expect, test } from '@jest/globals';
import { PoolingError, withoutStack, type ErrorCategory } from './index.js';

class LostError extends PoolingError {
  static override readonly brand: string = 'LostError';
  readonly code: string = 'LOST';
  readonly category: ErrorCategory = 'unavailable';
}

class VeryLostError extends LostError {
  static override readonly brand = 'VeryLostError';
  override readonly code = 'VERY_LOST';
}

/** The same class as a second copy of the package would define it. */
function secondCopy(): typeof LostError {
  class Copy extends PoolingError {
    static override readonly brand: string = 'LostError';
    readonly code = 'LOST';
    readonly category: ErrorCategory = 'unavailable';
  }
  return Copy;
}

describe('PoolingError', () => {
  test('is an Error with its brand as name, its code, its cause and its hint', () => {
    const cause = new TypeError('why');
    const error = new LostError('it is lost', { cause, retryAfterMs: 250 });
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('LostError');
    expect(error.message).toBe('it is lost');
    expect(error.cause).toBe(cause);
    expect(error.retryAfterMs).toBe(250);
    expect(error.code).toBe('LOST');
    expect(String(error)).toBe('LostError: it is lost');
    expect(Object.keys(error)).not.toContain('name');
  });

  test('has no cause when none is given, and an explicit undefined when that was thrown', () => {
    expect('cause' in new LostError('x')).toBe(false);
    expect('cause' in new LostError('x', { cause: undefined })).toBe(true);
    expect(new LostError('x').retryAfterMs).toBeUndefined();
  });

  test('instanceof follows the chain of brands upwards only', () => {
    const error = new VeryLostError('x');
    expect(error instanceof VeryLostError).toBe(true);
    expect(error instanceof LostError).toBe(true);
    expect(error instanceof PoolingError).toBe(true);
    expect(new LostError('x') instanceof VeryLostError).toBe(false);
  });

  test('an instance of a duplicated package is recognised, in both directions', () => {
    const Copy = secondCopy();
    expect(Copy).not.toBe(LostError);
    expect(new Copy('x') instanceof LostError).toBe(true);
    expect(new LostError('x') instanceof Copy).toBe(true);
    expect(new Copy('x') instanceof VeryLostError).toBe(false);
  });

  test("a user's subclass without a brand is told apart the ordinary way", () => {
    class MyError extends LostError {}
    class OtherError extends LostError {}
    const mine = new MyError('x');
    expect(mine instanceof MyError).toBe(true);
    expect(mine instanceof OtherError).toBe(false);
    expect(mine instanceof LostError).toBe(true);
    expect(mine instanceof PoolingError).toBe(true);
    expect(new LostError('x') instanceof MyError).toBe(false);
    expect(mine.name).toBe('LostError');
  });

  test.each([undefined, null, 1, 'LostError', {}, new Error('x'), { name: 'LostError' }, () => {}])(
    '%p is none',
    (value) => {
      expect((value as unknown) instanceof LostError).toBe(false);
      expect((value as unknown) instanceof PoolingError).toBe(false);
    },
  );
});

describe('withoutStack', () => {
  test('gives an error without frames and leaves the limit as it was', () => {
    const limit = Error.stackTraceLimit;
    const error = withoutStack(() => new LostError('quick'));
    expect(error.stack).not.toContain('\n');
    expect(error.stack).toContain('quick');
    expect(Error.stackTraceLimit).toBe(limit);
    expect(new LostError('slow').stack).toContain('\n');
  });

  test('restores the limit when making the error throws', () => {
    const limit = Error.stackTraceLimit;
    const fail = (): Error => {
      throw new TypeError('in the constructor');
    };
    expect(() => withoutStack(fail)).toThrow(TypeError);
    expect(Error.stackTraceLimit).toBe(limit);
  });
});
