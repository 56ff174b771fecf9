import type { Profile, SessionSource } from '@nest-pooling/sql';

/** What a connection that is bound late must know about a statement. */
export interface StatementKind {
  /** What the pool knows about it; `undefined` for a command that is no statement. */
  readonly profile: Profile | undefined;
  /** It may run on a replica. */
  readonly reads: boolean;
  /** It begins a transaction. */
  readonly begins: boolean;
  /** It ends one. */
  readonly ends: boolean;
}

/** Comments are gone from a fingerprint, and words are in lower case. */
const BEGINS = /^(begin( work)?\s*;?$|start transaction\b)/;
const READ_ONLY = /^[^;]*\bread only\b[^;]*$/;
const ENDS = /^(commit|rollback(?! to\b)(?! work to\b))\b/;
/** For the next transaction alone. */
const MODES = /^set transaction\b[^;]*;?$/;

/** A command of which nothing is known. */
export const UNKNOWN: StatementKind = { profile: undefined, reads: false, begins: false, ends: false };

/** A command that runs anywhere, and changes nothing. */
export const HARMLESS: StatementKind = { profile: undefined, reads: true, begins: false, ends: false };

/** Looks at the text of a statement. */
export function kindOf(source: SessionSource, text: unknown): StatementKind {
  if (typeof text !== 'string') return UNKNOWN;
  const profile = source.profile(text);
  const { lane, pins, fingerprint, pace } = profile;
  const begins = BEGINS.test(fingerprint);
  const reads = begins ? READ_ONLY.test(fingerprint) : lane === 'read' && !pins && !pace.writes;
  return { profile, reads, begins, ends: ENDS.test(fingerprint) };
}

/** What a statement leaves behind in its session: nothing, `modes` for the next transaction, or something that a reset has to clear. */
export function leavesBehind({ pins, fingerprint }: Profile): 'nothing' | 'modes' | 'state' {
  if (!pins) return 'nothing';
  return MODES.test(fingerprint) ? 'modes' : 'state';
}

/** It begins a transaction, which takes what `SET TRANSACTION` said before. */
export function beginsOne({ fingerprint }: Profile): boolean {
  return BEGINS.test(fingerprint);
}
