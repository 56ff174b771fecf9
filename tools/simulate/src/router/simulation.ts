import * as routing from '@nest-pooling/routing';
import type { Simulation } from '../seeds/simulation.js';
import { mutants } from './mutants.js';
import type { RouterUnderTest } from './router-under-test.js';
import { runSeed } from './run-seed.js';

/** Two routers over a modelled cluster: roles, positions, health, guards, gates and faults. */
export const routerSimulation: Simulation<RouterUnderTest> = {
  name: 'router',
  packageName: '@nest-pooling/routing',
  subject: routing,
  counted: 'calls',
  mutants,
  runSeed,
};
