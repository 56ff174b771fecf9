import { describe, expect, it } from '@jest/globals';
import { defined } from './defined.js';

describe('defined', () => {
  it('leaves out what is undefined, and nothing else', () => {
    const given = { a: undefined, b: null, c: 0, d: '', e: false };
    expect(Object.keys(defined(given))).toEqual(['b', 'c', 'd', 'e']);
    expect(given).toHaveProperty('a', undefined);
    expect({ max: 10, ...defined({ max: undefined as number | undefined }) }).toEqual({ max: 10 });
  });
});
