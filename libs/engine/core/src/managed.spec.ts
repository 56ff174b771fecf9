import { expect, test } from '@jest/globals';
import { isProbed } from './index.js';

test('a face that has a ping can be probed', () => {
  expect(isProbed({ ping: () => Promise.resolve({}) })).toBe(true);
  expect(isProbed({})).toBe(false);
  expect(isProbed({ ping: true })).toBe(false);
});
