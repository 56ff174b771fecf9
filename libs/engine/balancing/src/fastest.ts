import { NodeMemory, type Remembered } from './node-memory.js';
import type { BalancingStrategy, CallOutcome, Candidate } from './strategy.js';

/** What is faster is not told apart: a cost of 0 would win whatever the load. */
const LEAST_COST_MS = 0.01;
/** After so many times tau without a sample a cost says nothing any more. */
const STALE_AFTER_TAUS = 3;
/** Of the picks that a node without samples could get, one in so many is a trial. */
const PICKS_PER_TRIAL = 8;

interface Entry extends Remembered {
  /** Peak EWMA in milliseconds; 0 without samples. */
  cost: number;
  /** The cost as of the last pick that looked at it. */
  aged: number;
  /** When the last sample came. */
  at: number;
  /** Number of the pick that tried it last, while it has no samples. */
  tried: number;
}

/** What {@link Fastest} may be told. Durations are milliseconds. */
export interface FastestOptions {
  /** How fast it forgets: what is so old has a weight of 37 % left. Default 10,000. */
  readonly tauMs?: number;
  /**
   * What a failed call is charged, if it did not take longer: the time limit of a call. Default 5,000. Without it a node that
   * refuses everything at once would look fast.
   */
  readonly timeoutMs?: number;
}

/**
 * The lowest cost x (load + 1) / weight, where the cost is a peak-sensitive moving average of the node's latencies (the idea
 * is Finagle's): it jumps to a slower sample at once and comes down slowly. While a node gets no samples its cost falls with
 * time, so that one that was slow once is tried again.
 *
 * A node without samples is tried, but never flooded: while it is idle it gets one pick of eight at most, while it is busy it
 * counts as the slowest.
 *
 * It reads no clock: the time of the latest sample, of whichever node, is its present.
 */
export class Fastest implements BalancingStrategy {
  readonly name = 'fastest';
  readonly timed = true;
  readonly #memory = new NodeMemory<Entry>(unknown);
  readonly #tauMs: number;
  readonly #timeoutMs: number;
  #now = -Infinity;
  #picks = 0;
  #at = -1;

  constructor({ tauMs = 10_000, timeoutMs = 5_000 }: FastestOptions = {}) {
    this.#tauMs = tauMs;
    this.#timeoutMs = timeoutMs;
  }

  pick<C extends Candidate>(candidates: readonly C[]): C | undefined {
    const count = candidates.length;
    if (count <= 1) return candidates[0];
    this.#memory.enter(candidates);
    const { list } = this.#memory;
    this.#picks++;
    let slowest = 0;
    for (let i = 0; i < count; i++) {
      const entry = list[i]!;
      entry.aged = this.#cost(entry);
      if (entry.aged > slowest) slowest = entry.aged;
    }
    // Equal scores rotate, and so do the trials of several nodes.
    let i = this.#at + 1 < count ? this.#at + 1 : 0;
    let best = i;
    let least = Infinity;
    for (let n = 0; n < count; n++) {
      const { load, weight } = candidates[i]!;
      const entry = list[i]!;
      let cost = entry.aged;
      if (cost === 0) {
        const trial = load === 0 && this.#picks - entry.tried >= PICKS_PER_TRIAL;
        if (trial) {
          entry.tried = this.#picks;
          best = i;
          break;
        }
        // Idle right after a trial: its load may not show yet, so nothing but the count of picks holds calls off.
        cost = slowest === 0 ? 1 : load === 0 ? Infinity : slowest;
      }
      const score = (cost * (load + 1)) / weight;
      if (score < least) {
        least = score;
        best = i;
      }
      if (++i === count) i = 0;
    }
    this.#at = best;
    return candidates[best];
  }

  observe({ id }: Candidate, ms: number, outcome: CallOutcome, now: number): void {
    const entry = this.#memory.of(id);
    const sample = Math.max(outcome === 'failed' ? Math.max(ms, this.#timeoutMs) : ms, LEAST_COST_MS);
    if (now > this.#now) this.#now = now;
    if (entry.cost === 0 || sample >= entry.cost || this.#isStale(entry)) {
      entry.cost = sample;
    } else {
      const kept = Math.exp(-Math.max(0, now - entry.at) / this.#tauMs);
      entry.cost = entry.cost * kept + sample * (1 - kept);
    }
    entry.at = Math.max(entry.at, now);
  }

  forget({ id }: Candidate): void {
    const entry = this.#memory.of(id);
    entry.cost = 0;
    entry.tried = -PICKS_PER_TRIAL;
  }

  /** The cost of a node in milliseconds, as of the latest sample of any node; 0 while nothing is known. For reports and tests. */
  costOf(id: string): number {
    return this.#cost(this.#memory.of(id));
  }

  #cost(entry: Entry): number {
    const { cost, at } = entry;
    // A busy node, which is nearly every one, costs no exponential.
    if (cost === 0 || this.#now - at < this.#tauMs / 100) return cost;
    if (this.#isStale(entry)) return 0;
    return cost * Math.exp((at - this.#now) / this.#tauMs);
  }

  #isStale(entry: Entry): boolean {
    return this.#now - entry.at > STALE_AFTER_TAUS * this.#tauMs;
  }
}

function unknown(id: string): Entry {
  return { id, seen: 0, cost: 0, aged: 0, at: 0, tried: -PICKS_PER_TRIAL };
}
