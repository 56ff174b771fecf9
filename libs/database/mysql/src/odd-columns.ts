import type { Column } from './connection.js';

/** Names of columns that mysql2 refuses, by ending the connection: they are called otherwise while it reads. */
const ODD: ReadonlySet<string> = new Set([
  '__proto__',
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
]);
/** No server takes it in a name that it is given by anybody else. */
const MARK = '\u0001';

/** Renames the columns that mysql2 would refuse. */
export function hideOdd(columns: readonly Column[] | undefined): void {
  if (columns === undefined) return;
  for (const column of columns) {
    if (column.name.startsWith('__') && ODD.has(column.name)) column.name = MARK + column.name;
  }
}

/** Those that were renamed; `undefined` for none. */
export function oddOf(columns: readonly Column[]): readonly Column[] | undefined {
  return columns.some(isOdd) ? columns.filter(isOdd) : undefined;
}

function isOdd({ name }: Column): boolean {
  return name.charCodeAt(0) === 1;
}

/** Gives a row its names back. */
export function showInRow(row: unknown, odd: readonly Column[]): void {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return;
  const names = new Set(odd.map(({ name }) => name));
  const values = row as Record<string, unknown>;
  const entries = Object.entries(values);
  // All of them anew: the order of the columns stays.
  for (const [name] of entries) delete values[name];
  for (const [name, value] of entries) {
    // As a property, and not as the prototype.
    Object.defineProperty(values, names.has(name) ? name.replace(MARK, '') : name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
}

/** Gives the columns their names back, when no row comes any more. */
export function showColumns(odd: readonly Column[]): void {
  for (const column of odd) {
    if (column.name.startsWith(MARK)) column.name = column.name.slice(MARK.length);
  }
}

/** Both, for all rows of a result. */
export function showAll(rows: readonly unknown[], odd: readonly Column[]): void {
  for (const row of rows) showInRow(row, odd);
  showColumns(odd);
}
