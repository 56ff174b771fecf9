import { describe, expect, test } from '@jest/globals';
import { nearest, OptionsError, PoolingError, Problems } from './index.js';

function lines(check: (problems: Problems) => void): readonly string[] {
  const problems = new Problems();
  check(problems);
  try {
    problems.throwIfAny('the subject');
  } catch (error) {
    return (error as OptionsError).problems;
  }
  return [];
}

describe('Problems', () => {
  test('all problems are told at once, in one error', () => {
    const problems = new Problems();
    problems.number('max', -1, { min: 1, integer: true });
    problems.oneOf('order', 'filo', ['lifo', 'fifo']);
    let caught: unknown;
    try {
      problems.throwIfAny("the pool 'orders'");
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(OptionsError);
    expect(caught).toBeInstanceOf(PoolingError);
    expect(caught).toMatchObject({ code: 'OPTIONS_INVALID', category: 'misuse', name: 'OptionsError' });
    expect((caught as Error).message).toBe(
      "the pool 'orders' has 2 options that cannot be used:\n" +
        '  - max: must be a whole number of at least 1 (got -1)\n' +
        "  - order: must be one of lifo, fifo (got 'filo')",
    );
  });

  test('a single problem is told in the singular', () => {
    const problems = new Problems();
    problems.add('name', 'is missing');
    expect(() => problems.throwIfAny('it')).toThrow(
      'it has an option that cannot be used:\n  - name: is missing',
    );
  });

  test('no problem, no error', () => {
    const problems = new Problems();
    expect(problems.count).toBe(0);
    expect(() => problems.throwIfAny('it')).not.toThrow();
    problems.add('a', 'is wrong');
    problems.add('b', 'is wrong');
    expect(problems.count).toBe(2);
  });

  test('what is not given is no problem', () => {
    const found = lines((problems) => {
      problems.number('a', undefined, { min: 1 });
      problems.duration('b', undefined);
      problems.oneOf('c', undefined, ['x']);
      problems.type('d', undefined, 'string');
    });
    expect(found).toEqual([]);
  });

  test.each([
    [0, { min: 0 }],
    [5, { min: 1, max: 5, integer: true }],
    [1.5, {}],
    [Infinity, { infinite: true, integer: true }],
    [-3, { max: 0 }],
  ])('the number %p fits %p', (value, rule) => {
    expect(lines((problems) => problems.number('n', value, rule))).toEqual([]);
  });

  test.each([
    [-1, { min: 0 }, 'must be a number of at least 0 (got -1)'],
    [6, { min: 1, max: 5, integer: true }, 'must be a whole number from 1 to 5 (got 6)'],
    [6, { max: 5 }, 'must be a number of at most 5 (got 6)'],
    [1.5, { integer: true }, 'must be a whole number (got 1.5)'],
    [NaN, {}, 'must be a number (got NaN)'],
    [Infinity, {}, 'must be a number (got Infinity)'],
    ['10', {}, "must be a number (got '10')"],
    [null, {}, 'must be a number (got null)'],
    [10n, {}, 'must be a number (got 10)'],
    [[1, 2], {}, 'must be a number (got an array of 2)'],
    [{ a: 1 }, {}, 'must be a number (got an object)'],
  ])('the number %p does not fit %p', (value, rule, message) => {
    expect(lines((problems) => problems.number('n', value, rule))).toEqual([`n: ${message}`]);
  });

  test('a duration fits into a timer of Node', () => {
    const found = lines((problems) => {
      problems.duration('ok', 0);
      problems.duration('ok', 2_147_483_647);
      problems.duration('ok', Infinity, { infinite: true });
      problems.duration('long', 2_147_483_648);
      problems.duration('endless', Infinity);
      problems.duration('zero', 0, { min: 1 });
    });
    expect(found.map((line) => line.split(':')[0])).toEqual(['long', 'endless', 'zero']);
  });

  test('types are told by their names, null by its own', () => {
    const found = lines((problems) => {
      problems.type('a', 'x', 'string');
      problems.type('b', 1, 'function');
      problems.type('c', 'x', 'object');
      problems.type('d', null, 'object');
    });
    expect(found).toEqual([
      "b: must be a function (got 'number')",
      "c: must be an object (got 'string')",
      'd: must be an object (got null)',
    ]);
  });

  test('unknown names come with the nearest known one, under their path', () => {
    const found = lines((problems) => {
      problems.unknown('', { max: 1, mx: 2 }, ['min', 'max']);
      problems.unknown('pool', { zebra: 1 }, ['min', 'max']);
    });
    expect(found).toEqual(['mx: is unknown; did you mean max?', 'pool.zebra: is unknown']);
  });

  test('a value is shown only if it is passed, and cut when it is long', () => {
    const found = lines((problems) => {
      problems.add('password', 'is too short');
      problems.add('url', 'is no address', 'x'.repeat(100));
      problems.add('given', 'is missing', undefined);
    });
    expect(found).toEqual([
      'password: is too short',
      `url: is no address (got '${'x'.repeat(57)}…')`,
      'given: is missing (got undefined)',
    ]);
  });
});

describe('nearest', () => {
  test.each([
    ['ordres', ['orders', 'analytics'], 'orders'],
    ['ORDERS', ['orders'], 'orders'],
    ['acquireTimeout', ['acquireTimeoutMs', 'createTimeoutMs'], 'acquireTimeoutMs'],
    ['zebra', ['orders', 'analytics'], undefined],
    ['orders', [], undefined],
    ['min', ['max', 'mix', 'min'], 'min'],
  ])('of %p among %p is %p', (word, words, expected) => {
    expect(nearest(word, words)).toBe(expected);
  });

  test('takes any iterable', () => {
    expect(nearest('b', new Set(['aaaaa', 'b']))).toBe('b');
  });
});
