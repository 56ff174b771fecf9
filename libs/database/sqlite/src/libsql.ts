import type { Bindable, Cursor, Database, OpenDatabase, PreparedText } from './database.js';

/** As much of libsql as is used. */
interface Statement {
  raw(toggle: boolean): this;
  safeIntegers(toggle: boolean): this;
  columns(): readonly { readonly name: string }[];
  run(values: readonly Bindable[]): { readonly changes: number };
  all(values: readonly Bindable[]): unknown[][];
  iterate(values: readonly Bindable[]): { next(): { readonly done?: boolean; readonly value?: unknown[] } };
}
interface LibsqlDatabase {
  readonly inTransaction: boolean;
  exec(text: string): void;
  prepare(text: string): Statement;
  interrupt(): void;
  close(): void;
}
/** The class that the package exports. */
export type Libsql = new (path: string) => LibsqlDatabase;

/**
 * What libsql is given must always be one array of values that it knows: a boolean, or an object that stands alone, ends the process.
 * The values come from `bindable`, and nothing else is ever passed.
 */
class LibsqlStatement implements PreparedText {
  constructor(
    private readonly db: LibsqlDatabase,
    private readonly statement: Statement,
  ) {
    statement.safeIntegers(true);
  }

  columns(): readonly string[] {
    const columns = this.statement.columns();
    // Refused by statements without columns.
    if (columns.length > 0) this.statement.raw(true);
    return columns.map(({ name }) => name);
  }

  run(values: readonly Bindable[]): number {
    return this.statement.run(values).changes;
  }

  all(values: readonly Bindable[]): readonly (readonly unknown[])[] {
    return this.statement.all(values);
  }

  iterate(values: readonly Bindable[]): Cursor {
    const rows = this.statement.iterate(values);
    let over = false;
    const next = (): readonly unknown[] | undefined => {
      if (over) return undefined;
      try {
        const { done, value } = rows.next();
        over = done === true;
        return value;
      } catch (error) {
        over = true;
        throw error;
      }
    };
    return { next, close: () => void (over || this.#leave(next)) };
  }

  /** It cannot reset a statement: one that is not at its end is interrupted, or it would keep its locks until it is collected. */
  #leave(next: () => unknown): void {
    try {
      this.db.interrupt();
      // It has read some rows ahead.
      while (next() !== undefined);
    } catch {
      // That is the interruption.
    }
  }
}

class LibsqlAdapter implements Database {
  readonly library = 'libsql';

  constructor(private readonly db: LibsqlDatabase) {}

  get inTransaction(): boolean {
    return this.db.inTransaction;
  }

  exec(text: string): void {
    this.db.exec(text);
  }

  prepare(text: string): PreparedText {
    return new LibsqlStatement(this.db, this.db.prepare(text));
  }

  close(): void {
    this.db.close();
  }
}

/** Opens databases with the class that the package `libsql` exports. */
export function libsqlOpener(Class: Libsql): OpenDatabase {
  return (path) => new LibsqlAdapter(new Class(path));
}
