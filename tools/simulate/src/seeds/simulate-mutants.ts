import { measured, must, type Named, type Row } from '@nest-pooling/report';
import { buildMutant } from './build-mutant.js';
import { untilFound } from './run-seeds.js';
import type { Simulation } from './simulation.js';

/** So many seeds must be enough to find a planted fault. */
const SEEDS = 1_000;

/** `npm run simulate -- <name>-mutants`: plants every fault, and tells at which seed it was found. */
export function simulateMutants<Subject>(simulation: Simulation<Subject>): Named {
  return async () => {
    const { mutants } = simulation;
    const rows: Row[] = [];
    let found = 0;
    for (const mutant of mutants) {
      const totals = await untilFound(simulation, SEEDS, await buildMutant(simulation, mutant));
      const [first] = totals.failed;
      if (first !== undefined) found++;
      console.error(
        `${mutant.name}: ${first === undefined ? 'not found' : `seed ${first.seed}, ${first.violation}`}`,
      );
      rows.push(must(`${mutant.name}: found at seed`, first?.seed ?? Infinity, '', { atMost: SEEDS }));
    }
    rows.push(measured('mutants', mutants.length, 'mutants'));
    rows.push(must('mutants found', found, 'mutants', { atLeast: mutants.length }));
    return rows;
  };
}
