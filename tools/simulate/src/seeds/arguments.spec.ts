import { expect, test } from '@jest/globals';
import { parseArguments } from './arguments.js';

const mutants = [{ name: 'lend-twice', file: 'engine.js', find: 'a', replace: 'b' }];

test('the arguments of a simulation', () => {
  expect(parseArguments([], mutants)).toEqual({ seeds: 1_000, from: 1, seed: undefined, mutant: undefined });
  expect(parseArguments(['--seeds', '5', '--mutant', 'lend-twice'], mutants)).toMatchObject({
    seeds: 5,
    mutant: { name: 'lend-twice' },
  });
  expect(parseArguments(['--seed=7'], mutants).seed).toBe(7);
  expect(parseArguments(['--from', '501'], mutants).from).toBe(501);
});

test.each([
  [['--seeds', '0'], '--seeds must be a whole number from 1 on (got 0)'],
  [['--seed', 'x'], '--seed must be a whole number from 1 on (got x)'],
  [['--mutant', 'none'], "there is no mutant 'none'; known: lend-twice"],
  [['--sedes', '5'], "Unknown option '--sedes'"],
])('what is not understood is refused: %p', (args, message) => {
  expect(() => parseArguments(args, mutants)).toThrow(message);
});
