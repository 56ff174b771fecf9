import { NodeMemory, type Remembered } from './node-memory.js';
import type { BalancingStrategy, Candidate } from './strategy.js';

interface Entry extends Remembered {
  /** What the node is owed, in units of weight. */
  credit: number;
}

/**
 * Smooth weighted round-robin (the idea is nginx's): at each pick every candidate is credited its weight, the one with most
 * credit serves and pays the weights of all. Weights 5, 1, 1 give a a b a c a a, not five times a in a row.
 *
 * Equal weights and an unchanged list, which is nearly always, need only a counter. A list that differs from the one before
 * goes by credits even if weights are equal: a counter would favour some nodes where lists of different requests take turns.
 */
export class RoundRobin implements BalancingStrategy {
  readonly name = 'round-robin';
  readonly #memory = new NodeMemory<Entry>((id) => ({ id, seen: 0, credit: 0 }));
  #at = -1;

  pick<C extends Candidate>(candidates: readonly C[]): C | undefined {
    const count = candidates.length;
    if (count <= 1) return candidates[0];
    const same = this.#memory.enter(candidates);
    const weight = candidates[0]!.weight;
    let equal = same;
    for (let i = 1; equal && i < count; i++) equal = candidates[i]!.weight === weight;
    this.#at = equal ? (this.#at + 1 < count ? this.#at + 1 : 0) : this.#settle(candidates);
    return candidates[this.#at];
  }

  /** How many nodes are remembered: bounded, however many come and go. */
  get remembered(): number {
    return this.#memory.size;
  }

  #settle(candidates: readonly Candidate[]): number {
    const { list } = this.#memory;
    let total = 0;
    let best = 0;
    for (let i = 0; i < list.length; i++) {
      const { weight } = candidates[i]!;
      const entry = list[i]!;
      total += weight;
      entry.credit += weight;
      if (entry.credit > list[best]!.credit) best = i;
    }
    list[best]!.credit -= total;
    return best;
  }
}
