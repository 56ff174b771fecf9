import type { Mutant } from '../seeds/simulation.js';

/** Mistakes that code of this kind makes. A simulation that finds none of them would prove nothing. */
export const mutants: readonly Mutant[] = [];
