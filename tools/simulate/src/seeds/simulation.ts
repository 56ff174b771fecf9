import type { SeedResult } from './seed-result.js';

/** A fault planted into the compiled code. */
export interface Mutant {
  readonly name: string;
  /** The package that it is planted in, where that is one which the package under test imports. */
  readonly inPackage?: string;
  /** Which file of the package. */
  readonly file: string;
  /** What is replaced; must be there exactly once, or the mutant would be none. */
  readonly find: string;
  readonly replace: string;
}

/** Something that is simulated by seeds: what `npm run simulate -- <name>` runs. */
export interface Simulation<Subject = never> {
  readonly name: string;
  /** The package whose code is under test: mutants are copies of it. */
  readonly packageName: string;
  /** What a simulation needs of it. */
  readonly subject: Subject;
  /** What the counts of a seed are: `acquires`, … */
  readonly counted: string;
  readonly mutants: readonly Mutant[];
  /** Runs one seed. `recording` keeps what happened as texts; it changes nothing else. */
  runSeed(seed: number, subject: Subject, recording?: boolean): Promise<SeedResult>;
}
