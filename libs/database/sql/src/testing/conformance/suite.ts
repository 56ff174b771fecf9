import type { ConformanceCase, ConformanceOptions, SqlHarness } from './harness.js';
import { Trial } from './trial.js';

/** What a case wants of its pool, and why it may have to be left out. */
export interface CaseOptions extends Partial<ConformanceOptions> {
  /** Says why this harness cannot run it. */
  readonly unless?: (harness: SqlHarness) => string | undefined | false;
}

/** A case before it has a harness. */
export type CaseMaker = (harness: SqlHarness) => ConformanceCase;

const MAX = 4;

/** Describes a case. */
export function conformance(
  name: string,
  body: (trial: Trial) => Promise<void>,
  { unless, ...options }: CaseOptions = {},
): CaseMaker {
  return (harness) => ({
    name,
    skipped: unless?.(harness) || undefined,
    run: () => Trial.run(harness, { max: MAX, ...options }, body),
  });
}

/** Reasons to leave a case out. */
export const needs = {
  slow: ({ slow }: SqlHarness): string | false =>
    slow === undefined && 'a running statement cannot be cancelled',
  writers: ({ writers }: SqlHarness): string | false => writers < 2 && 'there is one session that writes',
  readers: ({ readsBesideTransaction }: SqlHarness): string | false =>
    !readsBesideTransaction && 'there is a single session',
  returning: ({ returning }: SqlHarness): string | false => !returning && 'there is no RETURNING',
  setting: ({ setting }: SqlHarness): string | false => setting === undefined && 'sessions have no settings',
  kill: ({ kill }: SqlHarness): string | false =>
    kill === undefined && 'a session cannot be ended from outside',
} as const;
