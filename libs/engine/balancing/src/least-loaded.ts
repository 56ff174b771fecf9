import type { BalancingStrategy, Candidate } from './strategy.js';

/**
 * The lowest (load + 1) / weight. The 1 stands for the work that is about to be given: without it all idle nodes would be
 * equal, whatever their weights. When the lowest is idle, all that are idle are equally good for this one call and share
 * by weight: under a light load a node of a smaller weight (one that slowly returns, say) would otherwise get nothing.
 *
 * Equal scores rotate: the search starts behind the node chosen last. When that node no longer stands where it stood, it
 * starts anywhere, as lists that take turns would otherwise keep choosing the same nodes.
 */
export class LeastLoaded implements BalancingStrategy {
  readonly name = 'least-loaded';
  readonly #random: () => number;
  #at = -1;
  #id = '';
  #count = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  pick<C extends Candidate>(candidates: readonly C[]): C | undefined {
    const count = candidates.length;
    if (count <= 1) return candidates[0];
    let i = this.#start(candidates);
    let best = i;
    let least = Infinity;
    let idleWeight = 0;
    let uneven = false;
    let last = 0;
    for (let n = 0; n < count; n++) {
      const candidate = candidates[i]!;
      const { load, weight } = candidate;
      const score = (load + 1) / weight;
      if (load === 0) {
        uneven ||= last !== 0 && weight !== last;
        last = weight;
        idleWeight += weight;
      }
      if (score < least) {
        least = score;
        best = i;
      }
      if (++i === count) i = 0;
    }
    if (uneven && candidates[best]!.load === 0) best = this.#byWeight(candidates, idleWeight, best);
    const chosen = candidates[best]!;
    this.#at = best;
    this.#id = chosen.id;
    this.#count = count;
    return chosen;
  }

  /** One of the idle, by chance, in proportion to weight. */
  #byWeight(candidates: readonly Candidate[], idleWeight: number, otherwise: number): number {
    let left = this.#random() * idleWeight;
    for (let i = 0; i < candidates.length; i++) {
      const { load, weight } = candidates[i]!;
      if (load === 0 && (left -= weight) < 0) return i;
    }
    return otherwise;
  }

  #start(candidates: readonly Candidate[]): number {
    const count = candidates.length;
    if (count === this.#count && candidates[this.#at]!.id === this.#id) return (this.#at + 1) % count;
    return Math.floor(this.#random() * count);
  }
}
