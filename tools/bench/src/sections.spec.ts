import { expect, it } from '@jest/globals';
import { benchmarks } from './benchmarks.js';
import { sectionsOf } from './sections.js';

it('takes all sections where none is named, else those that are, in their order', () => {
  expect(sectionsOf('pool', ['a', 'b', 'c'], [])).toEqual(['a', 'b', 'c']);
  expect(sectionsOf('pool', ['a', 'b', 'c'], ['c', 'a'])).toEqual(['c', 'a']);
});

it('refuses sections that it does not have, all at once, and says which there are', () => {
  expect(() => sectionsOf('pool', ['a', 'b'], ['x', 'a', 'y'])).toThrow(
    new RangeError("bench -- pool has no section 'x', 'y': a, b"),
  );
});

it.each(Object.keys(benchmarks))('%s refuses them before it starts anything', async (name) => {
  await expect(benchmarks[name]!(['nothing'])).rejects.toThrow(/has no section 'nothing': \w+, /);
});
