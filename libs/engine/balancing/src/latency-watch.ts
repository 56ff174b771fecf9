import type { Scheduler } from '@nest-pooling/core';
import type { NodeHealth } from './node-health.js';

/** The weight of a new sample: the last twenty or so decide. */
const ALPHA = 0.1;
/** A sample counts at most so many times the average. */
const MOST_TIMES_AVERAGE = 4;

/** How fast one node answers; made by {@link LatencyOutliers.watch}. */
export class LatencyWatch {
  /** The node's health. */
  readonly health: NodeHealth;
  readonly #minMs: number;
  readonly #scheduler: Scheduler;
  readonly #unwatch: () => void;
  #average = 0;
  #samples = 0;

  /** For {@link LatencyOutliers.watch}. */
  constructor(health: NodeHealth, minMs: number, scheduler: Scheduler, ended: (watch: LatencyWatch) => void) {
    this.health = health;
    this.#minMs = minMs;
    this.#scheduler = scheduler;
    const remove = health.onChange(({ to }) => {
      // What is out of rotation may come back mended, and is judged by what it does then.
      if (to !== 'in' && to !== 'returning') this.reset();
    });
    this.#unwatch = () => {
      remove();
      ended(this);
    };
  }

  /** The moving average of its answers, in milliseconds; 0 without samples. */
  get averageMs(): number {
    return this.#average;
  }

  /** How many answers it is made of. */
  get samples(): number {
    return this.#samples;
  }

  /**
   * The node answered after `ms` milliseconds. Answers only, be they errors: what did not answer is told to its health. It reads no
   * clock. A sample that a stall of our own event loop explains is dropped, and those that arrive while the node is out of
   * rotation as well. One slow statement says little: a sample counts at most four times the average, or twice `minMs`.
   */
  observe(ms: number): void {
    if (!this.health.admits) return;
    let sample = ms;
    if (ms > this.#minMs) {
      if (this.#scheduler.lastStallMs > ms / 2) return;
      sample = Math.min(ms, Math.max(2 * this.#minMs, MOST_TIMES_AVERAGE * this.#average));
    }
    this.#average = this.#samples === 0 ? sample : this.#average + ALPHA * (sample - this.#average);
    this.#samples++;
  }

  /** Forgets all samples: another server answers there, say. */
  reset(): void {
    this.#average = 0;
    this.#samples = 0;
  }

  /** The node is removed: it is neither judged nor a peer of the others any more. */
  end(): void {
    this.#unwatch();
  }
}
