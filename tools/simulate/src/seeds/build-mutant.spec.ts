import { expect, test } from '@jest/globals';
import { plant } from './build-mutant.js';

test('mutants are planted once or not at all', () => {
  const mutant = { name: 'm', file: 'engine.js', find: 'a', replace: '$&b' };
  expect(plant(mutant, 'xay')).toBe('x$&by');
  expect(() => plant(mutant, 'xy')).toThrow("the mutant 'm' has 0 places in engine.js");
  expect(() => plant(mutant, 'aa')).toThrow("the mutant 'm' has 2 places in engine.js");
});
