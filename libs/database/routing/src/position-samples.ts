import type { Position, SqlDriver } from '@nest-pooling/sql';

/** A moment of this process, by its own monotonic clock and by the writes that it has seen acknowledged. */
export interface Moment {
  /** On `scheduler.now()`. */
  readonly ms: number;
  /** How many writes had ended. */
  readonly writes: number;
}

/** A position that the primary told, and the last moment at which it was asked when it told this one. */
export interface Sample {
  readonly position: Position;
  /** When it was asked when it told this one first. */
  readonly sinceMs: number;
  ms: number;
  writes: number;
}

/** More than this, and they are thinned out. */
const MAX_SAMPLES = 256;
/** Then the gap between two of them may be this part of their age: the past is known less exactly, but far back. */
const GAP = 1 / 8;

/**
 * Where the log of the primary was, and when. A sample holds all that was committed before its moment, since the question was sent
 * then: neither clocks of servers nor the time that the answer took matter.
 */
export class PositionSamples {
  #samples: Sample[] = [];
  #base: Position | undefined;

  constructor(private readonly compare: SqlDriver['compare']) {}

  /** What was told last. */
  get newest(): Sample | undefined {
    return this.#samples.at(-1);
  }

  /**
   * The first position of the present history. What survived of older histories lies before it, so that it stands for any position
   * of theirs.
   */
  get base(): Position | undefined {
    return this.#base;
  }

  /** Another server is the primary now: what the former one told says nothing about it. */
  restart(): void {
    this.#samples = [];
  }

  /** Takes an answer of the primary to a question that was sent at `moment`. */
  add(position: Position, { ms, writes }: Moment): void {
    const { newest } = this;
    if (newest !== undefined) {
      const order = this.compare(position, newest.position);
      // Overtaken by an answer that says more.
      if (order === 'behind') return;
      if (order === 'incomparable') this.#samples = [];
      else if (position.at === newest.position.at) {
        newest.ms = Math.max(newest.ms, ms);
        newest.writes = Math.max(newest.writes, writes);
        return;
      }
    }
    const base = this.#base;
    if (base?.timeline !== position.timeline || base.systemId !== position.systemId) this.#base = position;
    const before = this.newest;
    this.#samples.push({
      position,
      sinceMs: ms,
      ms: Math.max(ms, before?.ms ?? ms),
      writes: Math.max(writes, before?.writes ?? writes),
    });
    if (this.#samples.length > MAX_SAMPLES) this.#thin();
  }

  /** The oldest position that holds all that was committed before `moment`: the one that is easiest to reach. */
  covering({ ms, writes }: Moment): Sample | undefined {
    let found: Sample | undefined;
    for (let at = this.#samples.length - 1; at >= 0; at--) {
      const sample = this.#samples[at]!;
      if (sample.ms < ms || sample.writes < writes) break;
      found = sample;
    }
    return found;
  }

  /** The newest sample that a server at `position` has reached, and the oldest one that it has not. */
  around(position: Position): { readonly reached: Sample | undefined; readonly missed: Sample | undefined } {
    const samples = this.#samples;
    let low = 0;
    let high = samples.length;
    // Mostly it is the newest one.
    for (let at = high - 1; low < high; at = (low + high) >> 1) {
      if (this.compare(position, samples[at]!.position) === 'reached') low = at + 1;
      else high = at;
    }
    return { reached: samples[low - 1], missed: samples[low] };
  }

  #thin(): void {
    const all = this.#samples;
    const now = all.at(-1)!.ms;
    let kept = all[0]!;
    this.#samples = all.filter((sample, at) => {
      const next = all[at + 1];
      if (at > 0 && next !== undefined && next.sinceMs - kept.sinceMs < (now - sample.sinceMs) * GAP)
        return false;
      kept = sample;
      return true;
    });
  }
}
