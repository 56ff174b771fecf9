import type { Fault, FaultKind } from '@nest-pooling/sql';
import { primaryOf } from './result-codes.js';

/** What an error means apart from its outcome. */
export type Meaning = Pick<Fault, 'category' | 'scope'>;

const STATEMENT: Meaning = { category: 'other', scope: 'statement' };
const CONFLICT: Meaning = { category: 'conflict', scope: 'transaction' };
/** SQLite rolls the transaction back by itself. */
const DISK: Meaning = { category: 'resource', scope: 'transaction' };
const UNFIT: Meaning = { category: 'resource', scope: 'session' };

const CODES: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [3, { category: 'auth', scope: 'statement' }],
  [4, { category: 'other', scope: 'transaction' }],
  // In a transaction: elsewhere it is waited for.
  [5, CONFLICT],
  [6, CONFLICT],
  [7, DISK],
  [8, { category: 'role', scope: 'statement' }],
  [9, { category: 'cancelled', scope: 'statement' }],
  [10, DISK],
  [11, UNFIT],
  [13, DISK],
  [14, { category: 'connection', scope: 'node' }],
  [15, CONFLICT],
  [17, CONFLICT],
  [19, { category: 'constraint', scope: 'statement' }],
  [20, { category: 'constraint', scope: 'statement' }],
  [23, { category: 'auth', scope: 'statement' }],
  [26, UNFIT],
]);
/** The file was moved or deleted: what is written now is lost. */
const READONLY_DBMOVED = 1032;
const SYNTAX: ReadonlySet<FaultKind> = new Set([
  'syntax-error',
  'undefined-table',
  'undefined-column',
  'undefined-function',
]);

/** The meaning of a result code; `kind` is what its message has told. */
export function meaningOfCode(code: number, kind: FaultKind | undefined): Meaning {
  if (code === READONLY_DBMOVED) return { category: 'connection', scope: 'node' };
  if (kind !== undefined && SYNTAX.has(kind)) return { category: 'syntax', scope: 'statement' };
  return CODES.get(primaryOf(code)) ?? STATEMENT;
}
