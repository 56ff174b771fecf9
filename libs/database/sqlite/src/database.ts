/** A value as SQLite takes it. Integers are bigints: a number would be bound as a REAL, so that `5` becomes `'5.0'` in a TEXT column. */
export type Bindable = bigint | number | string | Uint8Array | null;

/** The rows of one execution, one at a time. */
export interface Cursor {
  /** The next row as the library gives it, integers as bigints; `undefined` after the last. */
  next(): readonly unknown[] | undefined;
  /** Ends the execution, wherever it is; harmless when it is over. */
  close(): void;
}

/** A prepared statement of either library. */
export interface PreparedText {
  /** The names of the columns; empty for a statement that returns no rows. Asked for anew each time: others may alter a table. */
  columns(): readonly string[];
  /** Runs a statement that returns no rows; answers how many it has changed. */
  run(values: readonly Bindable[]): number;
  /** Runs a statement to its end. */
  all(values: readonly Bindable[]): readonly (readonly unknown[])[];
  /** Runs a statement that only reads, row by row. */
  iterate(values: readonly Bindable[]): Cursor;
}

/** An open database of either library. */
export interface Database {
  /** The package that it is of. */
  readonly library: Library;
  /** Whether a transaction is open. */
  readonly inTransaction: boolean;
  /** Runs one or more statements, without rows. */
  exec(text: string): void;
  /** Prepares one statement. */
  prepare(text: string): PreparedText;
  /** Closes it. What is open in it must have ended. */
  close(): void;
}

/** The packages that can be had. */
export type Library = 'node:sqlite' | 'libsql';

/** Opens a database: a path, or `:memory:`. */
export type OpenDatabase = (path: string) => Database;

/** All rows of a statement of ours. */
export function rowsOf(db: Database, text: string): readonly (readonly unknown[])[] {
  const statement = db.prepare(text);
  // libsql gives arrays only after it was asked for the columns.
  statement.columns();
  return statement.all([]);
}
