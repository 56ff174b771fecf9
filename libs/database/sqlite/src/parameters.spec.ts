import { describe, expect, it } from '@jest/globals';
import {
  anything,
  assert,
  asyncProperty,
  bigInt,
  double,
  array,
  oneof,
  string,
  uint8Array,
  boolean,
  constant,
} from 'fast-check';
import { ParametersError } from './errors.js';
import { bindable } from './parameters.js';
import { reasonOf, rows, Sessions } from './session.fixture.js';
import { libraries } from './temporary.fixture.js';

const one = (value: unknown): unknown => bindable('n', [value], 1)[0];

describe('parameters', () => {
  it('whole numbers become integers, so that 5 is no 5.0 in a column of text', () => {
    expect([one(5), one(-0), one(2 ** 53 - 1), one(2 ** 53), one(1.5)]).toEqual([
      5n,
      0n,
      2n ** 53n - 1n,
      2 ** 53,
      1.5,
    ]);
  });

  it('others become what SQLite has for them', () => {
    const date = new Date('2026-01-02T03:04:05.678Z');
    expect([one(true), one(false), one(undefined), one(null), one('x')]).toEqual([1n, 0n, null, null, 'x']);
    expect(one(date)).toBe('2026-01-02T03:04:05.678Z');
    expect([one({ a: [1, 'b'] }), one([1, 2])]).toEqual(['{"a":[1,"b"]}', '[1,2]']);
    expect(one(new Uint16Array([258]).buffer)).toEqual(new Uint8Array([2, 1]));
    expect(one(new DataView(new Uint8Array([1, 2, 3]).buffer, 1))).toEqual(new Uint8Array([2, 3]));
    expect(one(Buffer.from('hello').subarray(1, 3))).toEqual(Buffer.from('el'));
  });

  it.each([
    ['NaN', NaN],
    ['a bigint that is too large', 2n ** 63n],
    ['one that is too small', -(2n ** 63n) - 1n],
    ['a function', () => 'secret'],
    ['a symbol', Symbol('secret')],
    ['an invalid date', new Date(NaN)],
    ['a text with NUL', 'secret\0'],
    ['what is no JSON', { toJSON: () => undefined }],
    [
      'what throws',
      {
        toJSON: () => {
          throw new Error('secret');
        },
      },
    ],
    ['a bigint in an object', { a: 1n }],
  ])('refuses %s, and does not show it', (_, value) => {
    expect(() => one(value)).toThrow(ParametersError);
    expect(() => one(value)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    );
  });

  it('refuses a wrong number of values', () => {
    expect(() => bindable('n', [1], 2)).toThrow(
      'n: the statement has 2 placeholders, and 1 values were given.',
    );
    expect(() => bindable('n', undefined, 1)).toThrow(ParametersError);
    expect(bindable('n', undefined, 0)).toEqual([]);
  });

  it.each(libraries)(
    '%s: whatever is given, nothing ends the process, and what it takes comes back',
    async (library) => {
      const sessions = new Sessions({ library });
      const session = await sessions.open();
      const values = oneof(
        string().filter((text) => !text.includes('\0')),
        double({ noNaN: true }),
        bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        uint8Array(),
        boolean(),
        constant(undefined),
        constant(null),
      );
      const back = (value: unknown): unknown => {
        if (typeof value === 'boolean') return Number(value);
        if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
        if (typeof value === 'string') return Buffer.from(value).toString();
        return value instanceof Uint8Array ? Buffer.from(value) : Object.is(value, -0) ? 0 : (value ?? null);
      };
      await assert(
        asyncProperty(array(values, { minLength: 1, maxLength: 5 }), async (given) => {
          const text = `SELECT ${given.map(() => '?').join(', ')}`;
          expect(await rows(session, text, ...given)).toEqual([given.map(back)]);
        }),
      );
      await assert(
        asyncProperty(anything({ withDate: true, withTypedArray: true, withBigInt: true }), async (given) => {
          const outcome = await rows(session, 'SELECT ?', given).catch((error: unknown) => error);
          expect(Array.isArray(outcome) || outcome instanceof ParametersError).toBe(true);
        }),
      );
      expect(await reasonOf(rows(session, 'SELECT ?', 1, 2))).toBeInstanceOf(ParametersError);
      sessions.close();
    },
  );
});
