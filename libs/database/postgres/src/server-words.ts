import type { FaultKind } from '@nest-pooling/sql';

/** What the server said, as far as it names things and shows no values. */
export interface ServerWords {
  readonly kind?: FaultKind;
  readonly words?: string;
  readonly hint?: string;
  readonly constraint?: string;
  readonly table?: string;
  readonly column?: string;
  readonly schema?: string;
}

const KINDS: Readonly<Record<string, FaultKind>> = {
  '23505': 'unique-violation',
  '23503': 'foreign-key-violation',
  '23502': 'not-null-violation',
  '23514': 'check-violation',
  '23P01': 'exclusion-violation',
  '40P01': 'deadlock',
  '40001': 'serialization-failure',
  '55P03': 'lock-timeout',
  '57014': 'cancelled',
  '25006': 'read-only',
  '25P02': 'transaction-failed',
  '42601': 'syntax-error',
  '42P01': 'undefined-table',
  '42703': 'undefined-column',
  '42883': 'undefined-function',
  '42501': 'permission-denied',
  '53300': 'too-many-connections',
};
/** The same by the first two letters. */
const CLASSES: Readonly<Record<string, FaultKind>> = {
  '22': 'invalid-value',
  '28': 'authentication-failed',
  '53': 'out-of-resources',
  '58': 'out-of-resources',
};
const NAMES = ['constraint', 'table', 'column', 'schema'] as const;
/** Where the statement's own text is quoted from a literal on. */
const AT_LITERAL = / at or near "(?:[eEbBxXnN]?'|U&'|[$\d]).*"/s;

/** The kind of a SQLSTATE. `timedOut` tells the two reasons of 57014 apart. */
export function kindOf(sqlState: string, timedOut: boolean): FaultKind | undefined {
  if (sqlState === '57014' && timedOut) return 'statement-timeout';
  return KINDS[sqlState] ?? CLASSES[sqlState.slice(0, 2)];
}

/**
 * What an error of the server names, and its words without values. Its details, and whatever it quotes of data, stay out: they show
 * what was in a parameter or a row.
 */
export function serverWords(error: object, sqlState: string, message: string): ServerWords {
  const given = error as Readonly<Record<string, unknown>>;
  const named = NAMES.flatMap((name) => (typeof given[name] === 'string' ? [[name, given[name]]] : []));
  const words = sqlState.startsWith('22')
    ? message.replace(/".*"/s, '"…"')
    : message.replace(AT_LITERAL, ' at or near a literal');
  // What it advises about names that do not fit shows nothing but names.
  const hint = sqlState.startsWith('42') && typeof given.hint === 'string' ? { hint: given.hint } : {};
  return { words, ...hint, ...(Object.fromEntries(named) as object) };
}
