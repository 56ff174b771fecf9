import { measured, must, type Named, type Row } from '@nest-pooling/report';
import { parseArguments } from './arguments.js';
import { buildMutant } from './build-mutant.js';
import { inThreads } from './in-threads.js';
import { runSeeds } from './run-seeds.js';
import type { Simulation } from './simulation.js';
import { rowsOf } from './totals.js';

/** How much of a failing seed is told. */
const LINES = 60;

/** `npm run simulate -- <name> [--seeds N] [--from N] [--seed N] [--mutant NAME]`. */
export function simulate<Subject>(simulation: Simulation<Subject>): Named {
  return async (args) => {
    const { seeds, from, seed, mutant } = parseArguments(args, simulation.mutants);
    const subject = mutant === undefined ? simulation.subject : await buildMutant(simulation, mutant);
    if (seed !== undefined) return replay(simulation, seed, subject);
    const last = from + seeds - 1;
    const began = performance.now();
    const totals =
      mutant === undefined
        ? await inThreads(simulation.name, from, last)
        : await runSeeds(simulation, { first: from, last, step: 1 }, subject);
    const seconds = (performance.now() - began) / 1_000;
    for (const failed of totals.failed) console.error(`seed ${failed.seed}: ${failed.violation}`);
    const worst = totals.failed[0];
    if (worst !== undefined) await replay(simulation, worst.seed, subject);
    return rowsOf(totals, seconds, simulation.counted);
  };
}

/** Runs one seed twice, tells the end of it, and whether both runs were the same. */
async function replay<Subject>(
  simulation: Simulation<Subject>,
  seed: number,
  subject: Subject,
): Promise<readonly Row[]> {
  const first = await simulation.runSeed(seed, subject);
  const again = await simulation.runSeed(seed, subject, true);
  console.error(again.lines.slice(-LINES).join('\n'));
  console.error(`seed ${seed}: ${again.violation ?? 'everything was as it must be'}`);
  return [
    measured('operations', again.operations, 'operations'),
    measured('faults', again.faults, 'faults'),
    measured('hash of the trace', again.hash, ''),
    must('differences between two runs of the seed', first.hash === again.hash ? 0 : 1, '', { atMost: 0 }),
    must('violations', again.violation === undefined ? 0 : 1, 'seeds', { atMost: 0 }),
  ];
}
