/** One of the nodes among which a {@link BalancingStrategy} chooses. Give the same object for a node every time: it may compute its fields. */
export interface Candidate {
  /** The node's name; what a strategy remembers a node by. */
  readonly id: string;
  /** Its share of the work, relative to the others: the configured weight times the slow start's factor. Greater than 0. */
  readonly weight: number;
  /** What it is busy with now: active plus waiting. Read at each pick, and only by strategies that look at load. */
  readonly load: number;
  /** Where it stands: an availability zone, a rack. Read only by zone affinity; a node without one is in no zone. */
  readonly zone?: string | undefined;
}

/**
 * How a call to a node ended, as far as its speed is concerned.
 *
 * - `answered`: it answered, be it with an error: a violated constraint takes as long as any statement
 * - `failed`: it did not answer, or not in time; the milliseconds say nothing then, since a refused connection fails fast
 *
 * A call that its caller gave up is neither: tell nobody about it.
 */
export type CallOutcome = 'answered' | 'failed';

/**
 * Chooses among the nodes that may serve. Which those are is decided before, by whoever calls. Implement it for a strategy of
 * your own and give an instance wherever the name of a strategy is taken; give each router an instance of its own, as it has a
 * memory.
 *
 * ```ts
 * class Nearest implements BalancingStrategy {
 *   readonly name = 'nearest';
 *   pick<C extends Candidate>(candidates: readonly C[]): C | undefined {
 *     return candidates.find(({ id }) => id.endsWith('-local')) ?? candidates[0];
 *   }
 * }
 * ```
 */
export interface BalancingStrategy {
  /** What reports call it; for those of this package the name they were created by. */
  readonly name: string;
  /** Whether {@link observe} wants to be told: only then does the caller read a clock for each call. Default `false`. */
  readonly timed?: boolean;
  /**
   * One of `candidates`; `undefined` only if there is none. It allocates nothing and reads no clock, since it is called for
   * every statement. The list may be another one at each call, and is not kept.
   */
  pick<C extends Candidate>(candidates: readonly C[]): C | undefined;
  /**
   * A call to `candidate` ended `ms` milliseconds after it was begun, at `now`. `now` is the clock that the caller has
   * just read to know `ms`: any monotonic one, in milliseconds.
   */
  observe?(candidate: Candidate, ms: number, outcome: CallOutcome, now: number): void;
  /** What was observed of `candidate` holds no longer: it comes back after an ejection, or another server answers there. */
  forget?(candidate: Candidate): void;
}
