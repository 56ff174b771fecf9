import type { Profile, SessionSource } from '@nest-pooling/sql';
import { textOf } from './statement-text.js';

/** What a client that is bound late must know about a statement. */
export interface StatementKind {
  /** What the pool knows about it; `undefined` for a custom query that tells no text. */
  readonly profile: Profile | undefined;
  /** It may run on a replica. */
  readonly reads: boolean;
  /** It begins a transaction. */
  readonly begins: boolean;
  /** It ends one. */
  readonly ends: boolean;
}

/** Comments are gone from a fingerprint, and words are in lower case. */
const BEGINS = /^(begin|start transaction)\b/;
const READ_ONLY = /^[^;]*\bread only\b[^;]*$/;
const ENDS = /^(commit|end|rollback(?! to\b)(?! (work|transaction) to\b)|abort|prepare transaction)\b/;

const UNKNOWN: StatementKind = { profile: undefined, reads: false, begins: false, ends: false };

/** Looks at whatever `client.query` was given. */
export function kindOf(source: SessionSource, given: unknown): StatementKind {
  const text = textOf(given);
  if (text === undefined) return UNKNOWN;
  const profile = source.profile(text);
  const { lane, pins, fingerprint, pace } = profile;
  const begins = BEGINS.test(fingerprint);
  const reads = begins ? READ_ONLY.test(fingerprint) : lane === 'read' && !pins && !pace.writes;
  return { profile, reads, begins, ends: ENDS.test(fingerprint) };
}
