import * as engine from '@nest-pooling/pool';
import type { Simulation } from '../seeds/simulation.js';
import type { EngineUnderTest } from './engine-under-test.js';
import { mutants } from './mutants.js';
import { runSeed } from './run-seed.js';

/** The pool engine, with everything that its callers and its factory can do to it. */
export const poolSimulation: Simulation<EngineUnderTest> = {
  name: 'pool',
  packageName: '@nest-pooling/pool',
  subject: engine,
  counted: 'acquires',
  mutants,
  runSeed,
};
