import { Histogram, type HistogramSnapshot } from './histogram.js';
import type { PoolSink } from './sink.js';

/** How long things took since the pool was made. */
export interface PoolTimes {
  /** From asking for a resource to having it, or to the timeout. */
  readonly wait: HistogramSnapshot;
  /** From having a resource to giving it back. */
  readonly use: HistogramSnapshot;
  /** Creating a resource. */
  readonly create: HistogramSnapshot;
}

/** A sink that keeps histograms. */
export class Times implements PoolSink {
  readonly timed = true;
  readonly #wait = new Histogram();
  readonly #use = new Histogram();
  readonly #create = new Histogram();

  acquired(_slot: number, waitMs: number): void {
    this.#wait.record(waitMs);
  }

  released(_slot: number, useMs: number): void {
    this.#use.record(useMs);
  }

  created(_slot: number, ms: number): void {
    this.#create.record(ms);
  }

  snapshot(): PoolTimes {
    return { wait: this.#wait.snapshot(), use: this.#use.snapshot(), create: this.#create.snapshot() };
  }

  destroyed(): void {}

  timedOut(waitMs: number): void {
    this.#wait.record(waitMs);
  }

  leaked(): void {}

  misused(): void {}

  state(): void {}
}
