import type { Named } from '@nest-pooling/report';
import { codel } from './codel.js';
import { simulateMutants } from './seeds/simulate-mutants.js';
import { simulate } from './seeds/simulate.js';
import { simulations } from './simulations.js';

/** Runs in virtual time, by name: what `npm run simulate -- <name>` can run. */
export const scenarios: Readonly<Record<string, Named>> = {
  codel,
  pool: simulate(simulations.pool),
  'pool-mutants': simulateMutants(simulations.pool),
  router: simulate(simulations.router),
  'router-mutants': simulateMutants(simulations.router),
  sql: simulate(simulations.sql),
  'sql-mutants': simulateMutants(simulations.sql),
};
