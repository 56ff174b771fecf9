import type { Simulation } from './simulation.js';
import { addSeed, noTotals, type Totals } from './totals.js';

/** Which seeds: `first`, `first + step`, … up to `last`. */
export interface Seeds {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

/** Runs seeds one after the other. A rejection that nobody handles is a violation of the seed that it happens in. */
export async function runSeeds<Subject>(
  simulation: Simulation<Subject>,
  { first, last, step }: Seeds,
  subject: Subject = simulation.subject,
  until: (totals: Totals) => boolean = () => false,
): Promise<Totals> {
  const totals = noTotals();
  let unhandled: string | undefined;
  const note = (reason: unknown): void => {
    unhandled = `a rejection that nobody handles: ${reason instanceof Error ? reason.message : typeof reason}`;
  };
  process.on('unhandledRejection', note);
  const { stackTraceLimit } = Error;
  // Thousands of errors are made on purpose; where they come from is seen when a seed is run again.
  Error.stackTraceLimit = 0;
  try {
    for (let seed = first; seed <= last && !until(totals); seed += step) {
      const result = await simulation.runSeed(seed, subject);
      addSeed(totals, { ...result, violation: result.violation ?? unhandled });
      unhandled = undefined;
    }
  } finally {
    process.off('unhandledRejection', note);
    Error.stackTraceLimit = stackTraceLimit;
  }
  return totals;
}

/** Runs seeds until one fails. */
export function untilFound<Subject>(
  simulation: Simulation<Subject>,
  last: number,
  subject: Subject,
): Promise<Totals> {
  const seeds = { first: 1, last, step: 1 };
  return runSeeds(simulation, seeds, subject, ({ violations }) => violations > 0);
}
