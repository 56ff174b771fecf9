import type { BalancingStrategy, Candidate } from './strategy.js';

/**
 * Power of two choices: two different candidates are drawn, each in proportion to its weight, and the one with the lower
 * (load + 1) / weight serves (Mitzenmacher's result: nearly as even as looking at all). Many processes that see the same
 * loads do not all run to the same node, as with `least-loaded`.
 *
 * Of two that are idle the first drawn serves, so that a node of small weight gets its share under a light load too.
 */
export class PowerOfTwoChoices implements BalancingStrategy {
  readonly name = 'p2c';
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  pick<C extends Candidate>(candidates: readonly C[]): C | undefined {
    const count = candidates.length;
    if (count <= 1) return candidates[0];
    let total = 0;
    for (let i = 0; i < count; i++) total += candidates[i]!.weight;
    const at = this.#draw(candidates, total, -1);
    const first = candidates[at]!;
    const second = count === 2 ? candidates[1 - at]! : candidates[this.#draw(candidates, total, at)]!;
    const { load } = first;
    const other = second.load;
    if (load === 0 && other === 0) return first;
    return (other + 1) / second.weight < (load + 1) / first.weight ? second : first;
  }

  /** An index other than `without`, in proportion to weight. */
  #draw(candidates: readonly Candidate[], total: number, without: number): number {
    let left = this.#random() * (without < 0 ? total : total - candidates[without]!.weight);
    let last = 0;
    for (let i = 0; i < candidates.length; i++) {
      if (i === without) continue;
      left -= candidates[i]!.weight;
      if (left < 0) return i;
      last = i;
    }
    // Only by rounding, when chance was as near to 1 as it gets.
    return last;
  }
}
