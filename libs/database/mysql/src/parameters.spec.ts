import { describe, expect, it } from '@jest/globals';
import { ParametersError } from './errors.js';
import { wireValues } from './parameters.js';

describe('parameters', () => {
  it('go as they are where mysql2 sends them as what they are', () => {
    const plain = ['a', 1, -0.5, true, null];
    expect(wireValues('n', plain)).toBe(plain);
  });

  it('are turned into what they stand for', () => {
    const at = new Date(0);
    expect(wireValues('n', [undefined, 10n, { a: [1] }, at, new Uint8Array([1]), Buffer.from('b')])).toEqual([
      null,
      '10',
      '{"a":[1]}',
      at,
      Buffer.from([1]),
      Buffer.from('b'),
    ]);
    expect(wireValues('n', [new Uint8Array([1, 2, 3, 4]).subarray(1, 3)])).toEqual([Buffer.from([2, 3])]);
    expect(wireValues('n', [new Uint8Array([7]).buffer])).toEqual([Buffer.from([7])]);
    expect(wireValues('n', [{ toJSON: () => 'x' }])).toEqual(['"x"']);
  });

  const circular: Record<string, unknown> = { secret: 'top secret' };
  circular.self = circular;
  it.each([
    ['NaN', NaN],
    ['infinity', Infinity],
    ['an array', ['top secret']],
    ['a function', () => 'top secret'],
    ['a symbol', Symbol('top secret')],
    ['a date that is none', new Date(NaN)],
    ['what JSON cannot hold', circular],
    ['what JSON does not know', { toJSON: () => undefined }],
  ])('%s is refused, by its place and without its value', (_, value) => {
    const refused = (): unknown => wireValues('orders', ['x', value]);
    expect(refused).toThrow(ParametersError);
    expect(refused).toThrow(/^orders: parameter 2 /);
    expect(refused).not.toThrow(/top secret/);
  });

  it('are counted in 16 bits', () => {
    expect(() =>
      wireValues(
        'n',
        Array.from({ length: 65_536 }, () => 1),
      ),
    ).toThrow(/65535 parameters at most/);
  });
});
