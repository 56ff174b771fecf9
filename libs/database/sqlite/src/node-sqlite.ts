import type { Bindable, Cursor, Database, OpenDatabase, PreparedText } from './database.js';

/** As much of `node:sqlite` as is used; the types of Node 20 have none of it. */
interface StatementSync {
  setReturnArrays(enabled: boolean): void;
  setReadBigInts(enabled: boolean): void;
  columns(): readonly { readonly name: string }[];
  run(...values: readonly Bindable[]): { readonly changes: number | bigint };
  all(...values: readonly Bindable[]): unknown[][];
  iterate(...values: readonly Bindable[]): Iterator<unknown[]>;
}
interface DatabaseSync {
  readonly isTransaction: boolean;
  exec(text: string): void;
  prepare(text: string): StatementSync;
  close(): void;
}
/** The module. */
export interface NodeSqlite {
  readonly DatabaseSync: new (path: string) => DatabaseSync;
  readonly StatementSync: { readonly prototype: object };
}

class NodeStatement implements PreparedText {
  constructor(private readonly statement: StatementSync) {
    statement.setReturnArrays(true);
    statement.setReadBigInts(true);
  }

  columns(): readonly string[] {
    return this.statement.columns().map(({ name }) => name);
  }

  run(values: readonly Bindable[]): number {
    return Number(this.statement.run(...values).changes);
  }

  all(values: readonly Bindable[]): readonly (readonly unknown[])[] {
    return this.statement.all(...values);
  }

  iterate(values: readonly Bindable[]): Cursor {
    const rows = this.statement.iterate(...values);
    // On Node 22 it would begin anew when it is asked once more after its end.
    let over = false;
    return {
      next: () => {
        if (over) return undefined;
        const { done, value } = rows.next();
        over = done === true;
        return over ? undefined : value;
      },
      close: () => void (over || rows.return?.()),
    };
  }
}

class NodeDatabase implements Database {
  readonly library = 'node:sqlite';

  constructor(private readonly db: DatabaseSync) {}

  get inTransaction(): boolean {
    return this.db.isTransaction;
  }

  exec(text: string): void {
    this.db.exec(text);
  }

  prepare(text: string): PreparedText {
    return new NodeStatement(this.db.prepare(text));
  }

  close(): void {
    this.db.close();
  }
}

/** `node:sqlite`, where this Node has it with all that is needed (22.16, 24 and later). */
export function nodeSqlite(): OpenDatabase | undefined {
  const { getBuiltinModule } = process as { getBuiltinModule?: (name: string) => unknown };
  const found = getBuiltinModule?.('node:sqlite') as NodeSqlite | undefined;
  if (found === undefined || !('setReturnArrays' in found.StatementSync.prototype)) return undefined;
  return (path) => new NodeDatabase(new found.DatabaseSync(path));
}
