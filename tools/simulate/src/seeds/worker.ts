import { parentPort, workerData } from 'node:worker_threads';
import { simulations, type SimulationName } from '../simulations.js';
import { runSeeds, type Seeds } from './run-seeds.js';
import type { Simulation } from './simulation.js';

/** What a thread is told. */
export interface Share {
  readonly name: SimulationName;
  readonly seeds: Seeds;
}

// Errors come by the thousands there, and nobody reads where they were made.
Error.stackTraceLimit = 0;

// One thread of a simulation: its share of the seeds, and back with the totals.
const { name, seeds } = workerData as Share;
const simulation: Simulation<unknown> = simulations[name];
void runSeeds(simulation, seeds).then((totals) => {
  // It is a thread's port, not a window: there is no origin.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort!.postMessage(totals);
});
