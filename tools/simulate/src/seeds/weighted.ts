import type { Dice } from './dice.js';

/** Something that happens now and then. */
export interface Weighted {
  readonly name: string;
  /** How often it happens, compared with the others. */
  readonly weight: number;
}

/** A function that draws one of them, the frequent ones more often. */
export function drawerOf<T extends Weighted>(all: readonly T[]): (dice: Dice) => T {
  const total = all.reduce((sum, { weight }) => sum + weight, 0);
  return (dice) => {
    let at = dice.next() * total;
    for (const one of all) {
      at -= one.weight;
      if (at < 0) return one;
    }
    return all[0]!;
  };
}
