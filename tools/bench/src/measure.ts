import { collectYoung, timed, turn } from './timed.js';
import type { Measurement, Measurements, Sample } from './statistics.js';
import { median } from './statistics.js';
import type { Subject } from './subject.js';

/** How long and how often. */
export interface MeasureOptions {
  /** Rounds that count. Default 31: an odd number has a true median, and quarter marks need a few. */
  readonly rounds?: number;
  /** How long one subject runs in one round, in milliseconds. Default 25: far above what a clock can miss. */
  readonly roundMs?: number;
  /** How long each subject runs before anything counts, in milliseconds. Default 250: the JIT is done then. */
  readonly warmUpMs?: number;
}

/** Operations of one allocation sample: few enough that no collection comes in between. */
const ALLOCATION_OPS = 1_000;
const ALLOCATION_SAMPLES = 15;

/**
 * Measures the subjects in interleaved rounds: each round runs every one of them once, and begins with another
 * one than the round before, so that a noisy moment of the machine meets them all alike.
 */
export async function measure(
  subjects: readonly Subject[],
  { rounds = 31, roundMs = 25, warmUpMs = 250 }: MeasureOptions = {},
): Promise<Measurements> {
  const ready: Subject[] = [];
  try {
    for (const subject of subjects) {
      await subject.setup();
      ready.push(subject);
    }
    const sizes: number[] = [];
    for (const subject of subjects) sizes.push(await warmUp(subject, warmUpMs, roundMs));
    const samples = await interleave(subjects.length, rounds, (at) => sample(subjects[at]!, sizes[at]!));
    const measured = new Map<string, Measurement>();
    for (const [at, subject] of subjects.entries()) {
      measured.set(subject.name, { samples: samples[at]!, bytes: await allocation(subject) });
    }
    return measured;
  } finally {
    for (const subject of ready) await subject.teardown();
  }
}

/** Every subject once a round, each time another one first, and none with the garbage of the one before. */
export async function interleave<R>(
  subjects: number,
  rounds: number,
  sampleOf: (subject: number) => Promise<R>,
): Promise<R[][]> {
  const samples: R[][] = Array.from({ length: subjects }, () => []);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < subjects; i++) {
      const at = (round + i) % subjects;
      collectYoung();
      samples[at]!.push(await sampleOf(at));
    }
  }
  return samples;
}

/** Returns how many operations fill `roundMs`. */
async function warmUp(subject: Subject, warmUpMs: number, roundMs: number): Promise<number> {
  let n = 100;
  let perOperationMs = Number.POSITIVE_INFINITY;
  const end = performance.now() + warmUpMs;
  while (performance.now() < end) {
    const before = performance.now();
    await subject.run(n);
    await turn();
    const tookMs = performance.now() - before;
    perOperationMs = Math.min(perOperationMs, tookMs / n);
    if (tookMs < roundMs / 2) n *= 2;
  }
  return Math.max(1, Math.round(roundMs / perOperationMs));
}

async function sample(subject: Subject, n: number): Promise<Sample> {
  return timed(n, async () => {
    await subject.run(n);
    await turn();
  });
}

async function allocation(subject: Subject): Promise<number> {
  if (!globalThis.gc) return Number.NaN;
  const perOperation: number[] = [];
  for (let i = 0; i < ALLOCATION_SAMPLES; i++) {
    collectYoung();
    const before = process.memoryUsage().heapUsed;
    await subject.run(ALLOCATION_OPS);
    perOperation.push(Math.max(0, process.memoryUsage().heapUsed - before) / ALLOCATION_OPS);
    await turn();
  }
  return median(perOperation);
}
