import { Problems } from '@nest-pooling/core';
import type { BalancingStrategy, CallOutcome, Candidate } from './strategy.js';

/** When the nodes of our own zone are preferred. */
export interface ZoneAffinityOptions {
  /** The zone where this process runs, as the nodes call it. */
  readonly zone: string;
  /**
   * Our zone is left only when its least loaded node is more than so many times as loaded as the least loaded one elsewhere.
   * Default 2: another zone costs about a millisecond and often money.
   */
  readonly spillFactor?: number;
  /**
   * Our zone is not left while one of its nodes has no more than so many calls in hand, per share of the heaviest node. Default
   * 4: few calls are no queue.
   */
  readonly spillFrom?: number;
}

/**
 * Prefers the candidates of our own zone, over any strategy: as long as one of them is there and none elsewhere is much less
 * loaded, the strategy sees only them.
 *
 * The load of a node is (load + 1) / weight, where the heaviest candidate has the weight 1. Beyond the limit the strategy
 * sees all candidates, ours among them, and goes by its own rule: the zone's overflow is spread, it does not move as a
 * whole. A node of ours that slowly returns has a small weight, so it does not get the whole zone's work when it is alone.
 */
export class ZoneAffinity implements BalancingStrategy {
  readonly name: string;
  readonly timed: boolean;
  /** The zone that is preferred. */
  readonly zone: string;
  readonly #inner: BalancingStrategy;
  readonly #factor: number;
  readonly #from: number;
  /** Used again at each pick, so that nothing is allocated. */
  readonly #ours: Candidate[] = [];

  /** @throws OptionsError (`OPTIONS_INVALID`) that lists every wrong option */
  constructor(inner: BalancingStrategy, options: ZoneAffinityOptions) {
    checkZoneAffinity(options);
    this.name = inner.name;
    this.timed = inner.timed === true;
    this.zone = options.zone;
    this.#inner = inner;
    this.#factor = options.spillFactor ?? 2;
    this.#from = options.spillFrom ?? 4;
  }

  pick<C extends Candidate>(candidates: readonly C[]): C | undefined {
    // What comes out of the scratch list was put in from `candidates`.
    const ours = this.#ours as C[];
    const count = candidates.length;
    let found = 0;
    let heaviest = 0;
    let here = Infinity;
    let elsewhere = Infinity;
    for (let i = 0; i < count; i++) {
      const candidate = candidates[i]!;
      const { weight } = candidate;
      const score = (candidate.load + 1) / weight;
      if (weight > heaviest) heaviest = weight;
      if (candidate.zone === this.zone) {
        ours[found++] = candidate;
        if (score < here) here = score;
      } else if (score < elsewhere) {
        elsewhere = score;
      }
    }
    // Only when it changes: emptied and filled again, an array would be allocated anew.
    if (ours.length !== found) ours.length = found;
    const preferred = here * heaviest <= this.#from + 1 || here <= this.#factor * elsewhere;
    return this.#inner.pick(found > 0 && preferred ? ours : candidates);
  }

  observe(candidate: Candidate, ms: number, outcome: CallOutcome, now: number): void {
    this.#inner.observe?.(candidate, ms, outcome, now);
  }

  forget(candidate: Candidate): void {
    this.#inner.forget?.(candidate);
  }
}

function checkZoneAffinity(options: ZoneAffinityOptions): void {
  const problems = new Problems();
  problems.unknown('', options, ['zone', 'spillFactor', 'spillFrom']);
  if (typeof options.zone !== 'string' || options.zone === '') {
    problems.add('zone', 'must be a text that is not empty', options.zone);
  }
  problems.number('spillFactor', options.spillFactor, { min: 1, infinite: true });
  problems.number('spillFrom', options.spillFrom, { min: 0, infinite: true });
  problems.throwIfAny('Zone affinity');
}
