import type { FaultKind } from '@nest-pooling/sql';
import { primaryOf } from './result-codes.js';

/** What SQLite's message names, and its words without values. */
export interface Words {
  readonly kind?: FaultKind;
  readonly words?: string;
  readonly constraint?: string;
  readonly table?: string;
  readonly column?: string;
}

const KINDS: ReadonlyMap<number, FaultKind> = new Map<number, FaultKind>([
  [275, 'check-violation'],
  [787, 'foreign-key-violation'],
  [1299, 'not-null-violation'],
  [1555, 'unique-violation'],
  [2067, 'unique-violation'],
  [2579, 'unique-violation'],
  [3091, 'invalid-value'],
  [517, 'serialization-failure'],
  [3, 'permission-denied'],
  [5, 'lock-timeout'],
  [6, 'lock-timeout'],
  [7, 'out-of-resources'],
  [8, 'read-only'],
  [9, 'cancelled'],
  [10, 'out-of-resources'],
  [13, 'out-of-resources'],
  [20, 'invalid-value'],
  [23, 'permission-denied'],
]);

interface Pattern {
  readonly match: RegExp;
  readonly kind?: FaultKind;
  /** What the groups of the match are. */
  readonly names?: readonly ('constraint' | 'table' | 'column')[];
  /** The words, where the message may quote a literal. */
  readonly words?: string;
}

const PATTERNS: readonly Pattern[] = [
  { match: /^(?:UNIQUE|NOT NULL) constraint failed: ([^.,']+)\.([^,]+)$/, names: ['table', 'column'] },
  { match: /^UNIQUE constraint failed: index '(.+)'$/, names: ['constraint'] },
  { match: /^UNIQUE constraint failed: ([^.,']+)\./, names: ['table'] },
  { match: /^CHECK constraint failed: (.+)$/s, names: ['constraint'] },
  { match: /^cannot store \w+ value in \w+ column ([^.]+)\.(.+)$/, names: ['table', 'column'] },
  { match: /^no such (?:table|view): (.+)$/, kind: 'undefined-table', names: ['table'] },
  {
    match: /^no such column: "/,
    kind: 'undefined-column',
    words: 'no such column (of a name in double quotes)',
  },
  { match: /^no such column: (\S+)/, kind: 'undefined-column', names: ['column'] },
  { match: /^table (.+) has no column named (.+)$/, kind: 'undefined-column', names: ['table', 'column'] },
  { match: /^no such function: /, kind: 'undefined-function' },
  {
    match: /^near "(?:['\d?$]|x').*": syntax error/is,
    kind: 'syntax-error',
    words: 'near a literal: syntax error',
  },
  { match: /: syntax error$|^incomplete input/, kind: 'syntax-error' },
  { match: /^unrecognized token: /, kind: 'syntax-error', words: 'unrecognized token' },
  { match: /^(JSON path error|bad JSON path|malformed JSON|integer overflow)/, kind: 'invalid-value' },
];

/** Reads the message of a result code. */
export function wordsOf(code: number, message: string): Words {
  const pattern = PATTERNS.find(({ match }) => match.test(message));
  const kind = pattern?.kind ?? KINDS.get(code) ?? KINDS.get(primaryOf(code));
  const groups = pattern?.match.exec(message) ?? [];
  const named = pattern?.names?.map((name, at) => [name, groups[at + 1]]) ?? [];
  const words = pattern?.words ?? (kind === 'invalid-value' ? message.replace(/[:'"].*/s, '') : message);
  return { ...(kind === undefined ? {} : { kind }), words, ...(Object.fromEntries(named) as object) };
}
