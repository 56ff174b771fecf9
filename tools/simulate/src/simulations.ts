import { poolSimulation } from './pool/simulation.js';
import { routerSimulation } from './router/simulation.js';
import { sqlSimulation } from './sql/simulation.js';

/** Everything that is simulated by seeds; threads find theirs here by its name. */
export const simulations = {
  pool: poolSimulation,
  router: routerSimulation,
  sql: sqlSimulation,
};

/** The names of simulations. */
export type SimulationName = keyof typeof simulations;
