/** A statement of which nothing but its text, its values, its name and the kind of its rows was given. */
export interface PlainStatement {
  readonly text: string;
  readonly values: readonly unknown[] | undefined;
  readonly name: string | undefined;
  readonly rowMode: 'array' | undefined;
}

/** What a config may have; anything else is for pg alone to understand. */
const KNOWN = new Set(['text', 'values', 'name', 'rowMode']);

/** Reads what `query` was given; `undefined` where it is for pg to understand, or to refuse. */
export function plainStatement(given: unknown, apart: unknown): PlainStatement | undefined {
  if (typeof given === 'string') {
    if (apart !== undefined && !Array.isArray(apart)) return undefined;
    return {
      text: given,
      values: apart as readonly unknown[] | undefined,
      name: undefined,
      rowMode: undefined,
    };
  }
  if (typeof given !== 'object' || given === null) return undefined;
  for (const key in given) if (!KNOWN.has(key)) return undefined;
  const { text, values = apart, name, rowMode } = given as Record<string, unknown>;
  const fits =
    typeof text === 'string' &&
    (values === undefined || Array.isArray(values)) &&
    (name === undefined || (typeof name === 'string' && name !== '')) &&
    (rowMode === undefined || rowMode === 'array');
  return fits ? { text, values, name, rowMode } : undefined;
}
