import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Seeds } from './run-seeds.js';
import { addTotals, noTotals, type Totals } from './totals.js';

/** From so many seeds on a second thread is worth its start. */
const SEEDS_PER_THREAD = 500;
/** For what is young: nearly nothing of a seed grows old, and a seventh of the time went into finding that out. */
const YOUNG_MB = 192;

/** Spreads the seeds `first` to `last` over the cores; which thread runs a seed changes nothing in it. */
export async function inThreads(name: string, first: number, last: number): Promise<Totals> {
  const threads = Math.min(availableParallelism(), Math.ceil((last - first + 1) / SEEDS_PER_THREAD));
  const totals = noTotals();
  const shares = Array.from({ length: threads }, (_, at) =>
    inThread(name, { first: first + at, last, step: threads }),
  );
  for (const share of await Promise.all(shares)) addTotals(totals, share);
  return totals;
}

function inThread(name: string, seeds: Seeds): Promise<Totals> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: { name, seeds },
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`a thread ended with ${code}`)));
  });
}
