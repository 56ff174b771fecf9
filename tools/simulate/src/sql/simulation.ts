import * as sql from '@nest-pooling/sql';
import type { Simulation } from '../seeds/simulation.js';
import { mutants } from './mutants.js';
import { runSeed } from './run-seed.js';
import type { SqlUnderTest } from './sql-under-test.js';

/** A SQL pool over a modelled server: lanes, transactions, limits and faults. */
export const sqlSimulation: Simulation<SqlUnderTest> = {
  name: 'sql',
  packageName: '@nest-pooling/sql',
  subject: sql,
  counted: 'calls',
  mutants,
  runSeed,
};
