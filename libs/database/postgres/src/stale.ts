/** What an error says of a statement that had been prepared before. */
export type Stale =
  | 'no'
  /** A table that it returns rows of has been altered since. */
  | 'columns'
  /** The types of its parameters may be others by now. */
  | 'types'
  /** The server knows none of those that it knew (DISCARD ALL, DEALLOCATE ALL). */
  | 'all';

/** What the server says when types do not fit together; for a statement that it had accepted before, they did once. */
const MISFITS: ReadonlySet<string> = new Set(['42804', '42883', '42846', '42725', '42P08', '42P18']);
/** The context of an error in the value of a parameter; the words are translated, the number is not. */
const IN_PARAMETER = /^[^"\n]*\$\d+( = '|$)/;

/**
 * Whether a statement was refused only because the server holds to what it has prepared. In all these cases it was not executed.
 *
 * The types of its parameters are settled when it is prepared: once a column has become a `bigint`, its values are still taken for `int`,
 * and those that only fit the new type are refused.
 */
export function staleness(error: unknown): Stale {
  const { code, routine, where } = error as {
    readonly code?: string;
    readonly routine?: string;
    readonly where?: string;
  };
  if (code === undefined) return 'no';
  if (code === '26000') return 'all';
  if (code === '0A000') return routine === 'RevalidateCachedQuery' ? 'columns' : 'no';
  // With a context they are told by a function that runs already.
  if (MISFITS.has(code)) return where === undefined ? 'types' : 'no';
  const parameter = code.startsWith('22') && where !== undefined && IN_PARAMETER.test(where);
  return parameter ? 'types' : 'no';
}
