import { defined, Problems, systemEnv, type Env } from '@nest-pooling/core';
import { LatencyWatch } from './latency-watch.js';
import type { NodeHealth } from './node-health.js';

/** When a node is taken out of rotation because it is slow. */
export interface LatencyOutlierOptions {
  /** Slower than so many times the median of its peers is an outlier. Default 3. */
  readonly factor?: number | undefined;
  /** A node whose answers take no more than so many milliseconds on average stays, however fast its peers are. Default 50. */
  readonly minMs?: number | undefined;
  /** Nothing is said about a node before so many answers. Default 20. */
  readonly minSamples?: number | undefined;
  /**
   * The share of the watched nodes, from 0 to 1, that may be out of rotation, for whatever reason, after an ejection for latency.
   * Default 0.5: a slow node serves better than one that is overrun because half of the others are gone. 0 ejects nobody.
   */
  readonly maxOutShare?: number | undefined;
}

/**
 * Finds the nodes that are much slower than their peers and ejects them through their {@link NodeHealth} (cause `latency`).
 * They are readmitted as all are: after their time and some good probes, with a slow start. A returning node is not
 * judged, only measured, since cold caches are slow.
 *
 * It has no timer: {@link sweep} is for whoever sends the probes.
 */
export class LatencyOutliers {
  readonly #options: Required<{ [K in keyof LatencyOutlierOptions]: number }>;
  readonly #env: Env;
  readonly #watches = new Set<LatencyWatch>();

  /** @throws OptionsError (`OPTIONS_INVALID`) that lists every wrong option */
  constructor(options: LatencyOutlierOptions = {}, env: Env = systemEnv) {
    this.#options = resolve(options);
    this.#env = env;
  }

  /** Measures a node from now on; tell the watch of each answer, and {@link LatencyWatch.end} it when the node is removed. */
  watch(health: NodeHealth): LatencyWatch {
    const ended = (watch: LatencyWatch): unknown => this.#watches.delete(watch);
    const watch = new LatencyWatch(health, this.#options.minMs, this.#env.scheduler, ended);
    this.#watches.add(watch);
    return watch;
  }

  /** Ejects the outliers, the slowest first. To be called every few hundred milliseconds. */
  sweep(): void {
    const { minSamples, maxOutShare } = this.#options;
    let left = Math.floor(this.#watches.size * maxOutShare + 1e-9);
    const known: LatencyWatch[] = [];
    for (const watch of this.#watches) {
      if (!watch.health.admits) left--;
      else if (watch.samples >= minSamples) known.push(watch);
    }
    if (left <= 0 || known.length < 2) return;
    known.sort((a, b) => a.averageMs - b.averageMs);
    for (let at = known.length - 1; at > 0 && left > 0; at--) {
      const watch = known[at]!;
      if (watch.health.state !== 'in') continue;
      const median = medianWithout(known, at);
      if (!this.#isOutlier(watch, median)) return;
      known.splice(at, 1);
      left--;
      watch.health.outlier(
        `answers took ${round(watch.averageMs)} ms on average, those of its peers ${round(median)} ms`,
      );
    }
  }

  #isOutlier({ averageMs }: LatencyWatch, median: number): boolean {
    return averageMs > this.#options.minMs && averageMs > this.#options.factor * median;
  }
}

/** The median of sorted watches, the one at `without` left out. */
function medianWithout(sorted: readonly LatencyWatch[], without: number): number {
  const count = sorted.length - 1;
  const at = (i: number): number => sorted[i < without ? i : i + 1]!.averageMs;
  return (at(Math.floor((count - 1) / 2)) + at(Math.floor(count / 2))) / 2;
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}

function resolve(options: LatencyOutlierOptions): Required<{ [K in keyof LatencyOutlierOptions]: number }> {
  const problems = new Problems();
  const defaults = { factor: 3, minMs: 50, minSamples: 20, maxOutShare: 0.5 };
  problems.unknown('', options, Object.keys(defaults));
  problems.number('factor', options.factor, { min: 1 });
  problems.duration('minMs', options.minMs);
  problems.number('minSamples', options.minSamples, { min: 1, integer: true });
  problems.number('maxOutShare', options.maxOutShare, { min: 0, max: 1 });
  problems.throwIfAny('Latency outliers');
  return { ...defaults, ...defined(options) };
}
