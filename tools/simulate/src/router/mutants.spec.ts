import { describe, expect, test } from '@jest/globals';
import { mutantOf } from '../seeds/arguments.js';
import { buildMutant } from '../seeds/build-mutant.js';
import { untilFound } from '../seeds/run-seeds.js';
import { mutants } from './mutants.js';
import { routerSimulation } from './simulation.js';

describe('the mutants of the router', () => {
  test('are twelve at least, each with a name of its own', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(12);
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });

  test.each(mutants.map(({ name }) => name))('%s has its place in the code', async (name) => {
    const mutant = buildMutant(routerSimulation, mutantOf(mutants, name));
    await expect(mutant).resolves.toHaveProperty('ReadReplicaRouter');
  });

  test.each(['own-writes-not-counted', 'retry-of-a-write', 'reads-do-not-move'])(
    '%s is found',
    async (name) => {
      const mutant = await buildMutant(routerSimulation, mutantOf(mutants, name));
      const totals = await untilFound(routerSimulation, 60, mutant);
      expect(totals.violations).toBe(1);
    },
  );
});
