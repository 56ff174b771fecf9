/** Which of the figures of a run is meant. */
export type Figure = 'cpuNs' | 'wallNs' | 'bytes';

/** What one round saw of one subject, per operation. */
export interface Sample {
  readonly cpuNs: number;
  readonly wallNs: number;
}

/** All rounds of one subject. */
export interface Measurement {
  readonly samples: readonly Sample[];
  /** Bytes allocated per operation; NaN where the collector is not exposed. */
  readonly bytes: number;
}

/** The subjects of one run by name; round `i` of each ran next to round `i` of the others. */
export type Measurements = ReadonlyMap<string, Measurement>;

/** A quotient, or a difference, of two subjects over all rounds. */
export interface Comparison {
  readonly median: number;
  /** The middle half of the rounds lies between these. */
  readonly low: number;
  readonly high: number;
}

/** How many times `subject` is of `of`, round by round: what disturbs a round disturbs both. */
export function compare(
  all: Measurements,
  figure: Exclude<Figure, 'bytes'>,
  subject: string,
  of: string,
): Comparison {
  return byRounds(all, figure, subject, of, (over, under) => over / under);
}

/** By how much `subject` is more than `of`, round by round: what disturbs a round disturbs both. */
export function difference(
  all: Measurements,
  figure: Exclude<Figure, 'bytes'>,
  subject: string,
  of: string,
): Comparison {
  return byRounds(all, figure, subject, of, (over, under) => over - under);
}

function byRounds(
  all: Measurements,
  figure: Exclude<Figure, 'bytes'>,
  subject: string,
  of: string,
  relation: (over: number, under: number) => number,
): Comparison {
  const over = measurementOf(all, subject).samples;
  const under = measurementOf(all, of).samples;
  return middle(over.map((sample, round) => relation(sample[figure], under[round]![figure])));
}

/** One figure of one subject per operation: the median of its rounds. */
export function figureOf(all: Measurements, figure: Figure, subject: string): number {
  const { samples, bytes } = measurementOf(all, subject);
  return figure === 'bytes' ? bytes : median(samples.map((sample) => sample[figure]));
}

function measurementOf(all: Measurements, name: string): Measurement {
  const found = all.get(name);
  if (!found) throw new Error(`No subject '${name}' was measured: ${[...all.keys()].join(', ')}`);
  return found;
}

function middle(values: readonly number[]): Comparison {
  return { median: median(values), low: quantile(values, 0.25), high: quantile(values, 0.75) };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** With linear interpolation between the two nearest values; NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}
