import type { Position } from '@nest-pooling/sql';
import type { PositionSamples, Sample } from './position-samples.js';

/**
 * How far a replica has come, as numbers that cost nothing to compare: everything that the primary had committed at a moment of this
 * process has been replayed. A replica that went back (its server was started anew from older data) gets a new one.
 */
export class Progress {
  /** All that was committed before this moment, on `scheduler.now()`, is there. */
  ms = -Infinity;
  /** All writes up to this one are there. */
  writes = 0;
  /** For how long, when it was asked last, it had been known to lack something, in milliseconds; `null` when that cannot be told. */
  lagMs: number | null = null;
  /** The newest sample that it has reached. */
  sample: Sample | undefined;

  constructor(
    /** Where it was when it was asked last. */
    public position: Position,
    /** The node's count of errors at that moment: with more, its server may have been started anew. */
    public errors: number,
  ) {}

  /** It has told a position. `serverMs` is what the server itself makes of its lag. */
  told(
    position: Position,
    errors: number,
    samples: PositionSamples,
    now: number,
    serverMs: number | null,
  ): void {
    this.position = position;
    this.errors = errors;
    const { reached, missed } = samples.around(position);
    this.#reached(reached);
    if (missed !== undefined) {
      const ms = now - missed.sinceMs;
      // Maybe further behind than we can look back.
      this.lagMs = reached === undefined ? Math.max(ms, serverMs ?? 0) : ms;
    } else this.lagMs = reached === undefined ? serverMs : 0;
  }

  /** The primary has told a position: maybe it has reached that one, too. */
  again(samples: PositionSamples): void {
    const { newest } = samples;
    if (newest === undefined) return;
    this.#reached(this.sample === newest ? newest : samples.around(this.position).reached);
  }

  #reached(sample: Sample | undefined): void {
    this.sample = sample;
    if (sample === undefined) return;
    this.ms = Math.max(this.ms, sample.ms);
    this.writes = Math.max(this.writes, sample.writes);
  }
}
