import { expect, it } from '@jest/globals';
import { measureShots } from './shots.js';
import { compare } from './statistics.js';

it('fires in turns, another one first each time, and does not count the warm-up', async () => {
  const log: string[] = [];
  let fired = 0;
  const shot = (name: string, cpuNs: number) => ({
    name,
    fire: async () => {
      log.push(name);
      // The warm-up is a hundred times slower: it would show.
      return { cpuNs: fired++ < 4 ? cpuNs * 100 : cpuNs, wallNs: 1 };
    },
  });
  const all = await measureShots([shot('a', 20), shot('b', 10)], 3);
  // Two rounds of warm-up, then three.
  expect(log.join('')).toBe('abbaabbaab');
  expect(compare(all, 'cpuNs', 'a', 'b')).toEqual({ median: 2, low: 2, high: 2 });
  expect(all.get('a')?.samples).toHaveLength(3);
});
