import type { Managed } from '@nest-pooling/core';
import type { SqlPool } from '../../sql-pool.js';

/** What a case wants of the pool that it is given. */
export interface ConformanceOptions {
  /** How many sessions may write at a time; a harness whose pool has fewer for ever says so in {@link SqlHarness.writers}. */
  readonly max: number;
  /** As `SqlSettings.maxRows`. */
  readonly maxRows?: number;
}

/** A pool that is started. */
export interface ConformancePool {
  /** The pool, as a definition opens it. */
  readonly managed: Managed & { readonly face: SqlPool };
  /** How many sessions it may have in all. */
  readonly most: number;
}

/**
 * What the author of a driver tells the suite: how to open a pool, and how to say things in the dialect. What is `undefined` is not to be
 * had, and the cases that need it are skipped with that reason.
 */
export interface SqlHarness {
  /** Opens and starts a pool on a database that nobody else uses. Each case opens its own, and closes it. */
  open(options: ConformanceOptions): Promise<ConformancePool>;
  /** The placeholder of the parameter at a position, counted from 1: `$1`, `?`. */
  placeholder(at: number): string;
  /** A name in quotes. */
  quote(name: string): string;
  /** The types of columns. */
  readonly types: {
    readonly integer: string;
    readonly real: string;
    readonly text: string;
    readonly bytes: string;
  };
  /** A statement that returns the numbers from 1 to `count`, in a column `n`, and fails at the row `failsAt` if there is one. */
  series(count: number, failsAt?: number): string;
  /** How many sessions can write at a time: 1 where a pool has one writer, `Infinity` where `max` is what counts. */
  readonly writers: number;
  /** Whether somebody can read while a transaction is open: `false` where there is a single session. */
  readonly readsBesideTransaction: boolean;
  /** Whether a statement that fails takes its transaction with it, as on Postgres. */
  readonly failsTransaction: boolean;
  /** Whether `INSERT … RETURNING` exists. */
  readonly returning: boolean;
  /** A statement that runs for so long on the server, where it can be cancelled. */
  readonly slow?: (ms: number) => string;
  /** A setting of a session: how to set it, and how to read it as the first column. */
  readonly setting?: { readonly set: string; readonly get: string };
  /** A statement that makes a temporary table of that name with a column `n`. */
  temporaryTable(name: string): string;
  /** The statement that gives the id of a session, and what ends that session from outside. */
  readonly kill?: { readonly id: string; readonly end: (id: unknown) => Promise<void> };
}

/** One case of the suite. */
export interface ConformanceCase {
  /** What it shows. */
  readonly name: string;
  /** Why it cannot be run with this harness. */
  readonly skipped: string | undefined;
  /** Runs it; rejects when the driver does not conform. */
  run(): Promise<void>;
}
