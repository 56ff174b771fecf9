import { interleave } from './measure.js';
import type { Measurements, Sample } from './statistics.js';

/** Something that is set up anew for each time that it is measured. */
export interface Shot {
  readonly name: string;
  /** Prepares, measures only what matters, and cleans up. */
  fire(): Promise<Sample>;
}

/** Not counted, so that the compiler is done: one shot does the same thing many times. */
const WARM_UPS = 2;

/** Measures the shots in interleaved rounds; bytes are not told. */
export async function measureShots(shots: readonly Shot[], rounds: number): Promise<Measurements> {
  await interleave(shots.length, WARM_UPS, (at) => shots[at]!.fire());
  const samples = await interleave(shots.length, rounds, (at) => shots[at]!.fire());
  return new Map(shots.map(({ name }, at) => [name, { samples: samples[at]!, bytes: Number.NaN }]));
}
