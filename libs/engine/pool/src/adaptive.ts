import { Problems } from '@nest-pooling/core';

/** When and how far a pool changes its own size. Durations are in milliseconds. */
export interface AdaptiveOptions {
  /** The least it may become; a whole number of at least 1. Default: the pool's `min`, or 1. */
  readonly floor?: number;
  /** The most it may become, for instance what the server allows. Default: the pool's `max`. */
  readonly ceiling?: number;
  /** The share in use that a new size is made for. Default 0.7: waits grow without bound towards 1. */
  readonly targetUtilization?: number;
  /** It grows when the mean share in use is above this. Default 0.8. */
  readonly growAbove?: number;
  /** It shrinks when the mean share in use is below this. Default 0.2: far from the other, so that it does not swing. */
  readonly shrinkBelow?: number;
  /** Over how long the mean is taken before it grows. Default 5,000: a burst of a second is what the queue is for. */
  readonly growAfterMs?: number;
  /** Over how long the mean is taken before it shrinks. Default 180,000: a lull costs little, a rush of connects much. */
  readonly shrinkAfterMs?: number;
}

/** The options with floor and ceiling filled in. */
export type AdaptiveSizes = AdaptiveOptions & Required<Pick<AdaptiveOptions, 'floor' | 'ceiling'>>;

/** Readings that make a mean: one or two say nothing, however long they lasted. */
const READINGS = 5;
/** Steps from floor to ceiling, at least. */
const STEPS = 4;

const defaults = {
  targetUtilization: 0.7,
  growAbove: 0.8,
  shrinkBelow: 0.2,
  growAfterMs: 5_000,
  shrinkAfterMs: 180_000,
};
const names = ['floor', 'ceiling', ...Object.keys(defaults)];

/**
 * Finds the size that a load needs, from readings of how many leases are out and how many callers wait. Pure: it
 * reads no clock and changes no pool. Every bound is taken from the configured floor and ceiling, never from the
 * size of the moment, so that no sequence of readings leads beyond them; a step is at most a quarter of the way
 * between them.
 */
export class AdaptiveSizer {
  readonly #options: Required<AdaptiveOptions>;
  readonly #step: number;
  readonly #grow: Mean;
  readonly #shrink: Mean;
  #target: number;

  /** `size` is where it starts; default the floor. Throws an `OptionsError` that lists every wrong option. */
  constructor(options: AdaptiveSizes, size: number = options.floor) {
    this.#options = resolve(options);
    const { floor, ceiling, growAfterMs, shrinkAfterMs } = this.#options;
    this.#step = Math.max(1, Math.ceil((ceiling - floor) / STEPS));
    this.#grow = new Mean(growAfterMs);
    this.#shrink = new Mean(shrinkAfterMs);
    this.#target = Math.min(ceiling, Math.max(floor, Math.round(size) || floor));
  }

  /** The size that the pool should have; between floor and ceiling. */
  get target(): number {
    return this.#target;
  }

  /**
   * Takes a reading: leases out, callers waiting, and the scheduler's `now`. Readings may come at any pace, best
   * several a second. Returns the new target, which mostly is the old one.
   */
  sample(leased: number, waiting: number, now: number): number {
    const { growAbove, shrinkBelow } = this.#options;
    const demand = leased + waiting;
    const recent = this.#grow.add(leased, demand, now);
    const long = this.#shrink.add(leased, demand, now);
    if (recent && recent.leased > growAbove * this.#target) this.#move(recent.demand, 1);
    else if (long && long.demand < shrinkBelow * this.#target) this.#move(long.demand, -1);
    return this.#target;
  }

  #move(demand: number, direction: 1 | -1): void {
    const { floor, ceiling, targetUtilization } = this.#options;
    const needed = Math.ceil(demand / targetUtilization);
    const change = Math.min(this.#step, Math.max(0, direction * (needed - this.#target)));
    const target = Math.min(ceiling, Math.max(floor, this.#target + direction * change));
    if (target === this.#target) return;
    this.#target = target;
    // What was read with another size says nothing about this one.
    this.#grow.restart();
    this.#shrink.restart();
  }
}

/** The mean over the last full window. */
class Mean {
  #leased = 0;
  #demand = 0;
  #readings = 0;
  #spanMs = 0;
  #lastAt: number | undefined = undefined;

  constructor(private readonly windowMs: number) {}

  restart(): void {
    this.#leased = 0;
    this.#demand = 0;
    this.#readings = 0;
    this.#spanMs = 0;
    this.#lastAt = undefined;
  }

  /** Adds a reading that is true since the one before; gives the mean when the window is full, and begins anew. */
  add(leased: number, demand: number, now: number): { leased: number; demand: number } | undefined {
    const sinceMs = this.#lastAt === undefined ? 0 : Math.max(0, now - this.#lastAt);
    this.#lastAt = now;
    // After a freeze, or with a sampler that stood still: one reading must not stand for all that time.
    const weight = Math.min(sinceMs, this.windowMs / READINGS);
    this.#readings++;
    this.#spanMs += weight;
    this.#leased += leased * weight;
    this.#demand += demand * weight;
    if (this.#spanMs < this.windowMs || this.#readings <= READINGS) return undefined;
    const mean = { leased: this.#leased / this.#spanMs, demand: this.#demand / this.#spanMs };
    this.restart();
    this.#lastAt = now;
    return mean;
  }
}

/** Collects what is wrong with them under `path`. */
export function checkAdaptive(options: AdaptiveSizes, problems: Problems, path = 'adaptive'): void {
  const { floor, ceiling, growAfterMs, shrinkAfterMs } = options;
  const { targetUtilization, growAbove, shrinkBelow } = { ...defaults, ...given(options) };
  problems.unknown(path, options, names);
  problems.number(`${path}.floor`, floor ?? null, { min: 1, integer: true });
  problems.number(`${path}.ceiling`, ceiling ?? null, { min: 1, max: 1_000_000, integer: true });
  if (floor > ceiling) problems.add(`${path}.floor`, `must not be more than ceiling (${ceiling})`, floor);
  problems.number(`${path}.growAbove`, growAbove, { min: 0, max: 0.99 });
  problems.number(`${path}.targetUtilization`, targetUtilization, { min: 0.01, max: 1 });
  problems.number(`${path}.shrinkBelow`, shrinkBelow, { min: 0, max: 0.99 });
  if (targetUtilization > growAbove) {
    const most = `must not be more than growAbove (${growAbove})`;
    problems.add(`${path}.targetUtilization`, most, targetUtilization);
  }
  if (shrinkBelow >= targetUtilization) {
    const most = `must be less than targetUtilization (${targetUtilization})`;
    problems.add(`${path}.shrinkBelow`, most, shrinkBelow);
  }
  problems.duration(`${path}.growAfterMs`, growAfterMs, { min: 1 });
  problems.duration(`${path}.shrinkAfterMs`, shrinkAfterMs, { min: 1 });
}

function resolve(options: AdaptiveSizes): Required<AdaptiveOptions> {
  const problems = new Problems();
  checkAdaptive(options, problems);
  problems.throwIfAny('adaptive sizing');
  return { ...defaults, ...given(options) };
}

/** An option that is given as `undefined` is not given. */
function given(options: AdaptiveSizes): AdaptiveSizes {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as AdaptiveSizes;
}
