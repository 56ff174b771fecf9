import type { BalancingStrategy, Candidate } from './strategy.js';

/**
 * Each candidate with a probability in proportion to its weight. It needs no memory, so many processes that start at once do
 * not march in step.
 */
export class WeightedRandom implements BalancingStrategy {
  readonly name = 'random';
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  pick<C extends Candidate>(candidates: readonly C[]): C | undefined {
    const count = candidates.length;
    if (count <= 1) return candidates[0];
    let total = 0;
    for (let i = 0; i < count; i++) total += candidates[i]!.weight;
    let left = this.#random() * total;
    for (let i = 0; i < count; i++) {
      left -= candidates[i]!.weight;
      if (left < 0) return candidates[i];
    }
    // Only by rounding, when chance was as near to 1 as it gets.
    return candidates[count - 1];
  }
}
