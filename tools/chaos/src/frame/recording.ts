/** `nothing`: neither that it did not happen nor that nobody knows. */
export type Told = 'not done' | 'unknown' | 'nothing';

/** One call of a contender. */
export interface Sample {
  /** When it began, on the clock of `now()`. */
  readonly at: number;
  /** How long it took. */
  readonly ms: number;
  /** What was read or written. */
  readonly id: number;
  /** Empty when it went well; else what the caller was told, or `WRONG` when it got another row. */
  readonly code: string;
  /** What the caller of what went wrong was told about the outcome. */
  readonly told?: Told;
  readonly node?: string | undefined;
}

/** Everything that a contender did. */
export interface Recording {
  readonly reads: readonly Sample[];
  readonly writes: readonly Sample[];
}

/** Nothing that goes well takes as long. */
export const SLOW_MS = 250;

/** The calls that began in that time. */
export function within(samples: readonly Sample[], from: number, to = Infinity): readonly Sample[] {
  return samples.filter(({ at }) => at >= from && at < to);
}

export function failed(samples: readonly Sample[]): number {
  return samples.filter(({ code }) => code !== '').length;
}

/** What callers were told that went wrong, and how often. */
export function codes(samples: readonly Sample[]): [code: string, n: number][] {
  const counts = new Map<string, number>();
  for (const { code } of samples) if (code !== '') counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts];
}

/** The time that 99 % of the calls did not exceed; 0 without calls. */
export function p99(samples: readonly Sample[]): number {
  const sorted = samples.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0;
}

/**
 * For how long a fault could be felt, in milliseconds from the fault on: until the last call began, before `to`, that failed or took
 * longer than {@link SLOW_MS}. The same rule for everybody, whatever it knows of its servers.
 */
export function felt(samples: readonly Sample[], fault: number, to: number): number {
  return Math.max(
    0,
    ...within(samples, fault, to)
      .filter(disturbed)
      .map(({ at }) => at - fault),
  );
}

/** How long after `healed` the last call ended that failed or was slow; 0 when none did. */
export function recovered(samples: readonly Sample[], healed: number, to = Infinity): number {
  const ends = samples.filter((one) => one.at < to && disturbed(one)).map(({ at, ms }) => at + ms - healed);
  return Math.max(0, ...ends);
}

function disturbed({ code, ms }: Sample): boolean {
  return code !== '' || ms > SLOW_MS;
}
