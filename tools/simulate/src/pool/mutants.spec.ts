import { describe, expect, test } from '@jest/globals';
import { mutantOf } from '../seeds/arguments.js';
import { buildMutant } from '../seeds/build-mutant.js';
import { untilFound } from '../seeds/run-seeds.js';
import { mutants } from './mutants.js';
import { poolSimulation } from './simulation.js';

describe('the mutants', () => {
  test('are twelve at least, each with a name of its own', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(12);
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });

  test.each(mutants.map(({ name }) => name))('%s has its place in the engine', async (name) => {
    await expect(buildMutant(poolSimulation, mutantOf(mutants, name))).resolves.toHaveProperty('Pool');
  });

  test.each(['lend-twice', 'lost-wake-up', 'never-refill-min'])('%s is found', async (name) => {
    const engine = await buildMutant(poolSimulation, mutantOf(mutants, name));
    const totals = await untilFound(poolSimulation, 50, engine);
    expect(totals.violations).toBe(1);
  });
});
