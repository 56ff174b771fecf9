import { parseArgs } from 'node:util';
import type { Mutant } from './simulation.js';

/** What `npm run simulate -- <name>` was asked for. */
export interface Arguments {
  readonly seeds: number;
  /** The first of them: a long run is made of parts. */
  readonly from: number;
  /** One seed only, told in full. */
  readonly seed: number | undefined;
  readonly mutant: Mutant | undefined;
}

const SEEDS = 1_000;

/** Throws where something is not understood: a run that was not meant proves nothing. */
export function parseArguments(args: readonly string[], mutants: readonly Mutant[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string' },
      from: { type: 'string' },
      seed: { type: 'string' },
      mutant: { type: 'string' },
    },
  });
  const { mutant, seed, seeds, from } = values;
  return {
    seeds: whole('seeds', seeds) ?? SEEDS,
    from: whole('from', from) ?? 1,
    seed: whole('seed', seed),
    mutant: mutant === undefined ? undefined : mutantOf(mutants, mutant),
  };
}

/** The one of that name. */
export function mutantOf(mutants: readonly Mutant[], name: string): Mutant {
  const mutant = mutants.find((one) => one.name === name);
  if (mutant !== undefined) return mutant;
  throw new Error(`there is no mutant '${name}'; known: ${mutants.map((one) => one.name).join(', ')}`);
}

function whole(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const n = Number(text);
  if (!Number.isSafeInteger(n) || n < 1)
    throw new Error(`--${name} must be a whole number from 1 on (got ${text})`);
  return n;
}
