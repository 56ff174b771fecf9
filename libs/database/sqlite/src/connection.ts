import type { StatementClassifier } from '@nest-pooling/sql';
import { rowsOf, type Database, type OpenDatabase } from './database.js';
import { cleanMemory, pragmaValues, type PragmaValues } from './memory.js';
import { NATIVE_BUSY_TIMEOUT_MS } from './settings.js';
import { Statements } from './statements.js';

/** What a connection is opened with. */
export interface ConnectionOptions {
  readonly node: string;
  /** A path, or `:memory:`. */
  readonly path: string;
  readonly open: OpenDatabase;
  /** What makes it what its lane needs. */
  readonly settings: readonly string[];
  readonly classifier: StatementClassifier;
  readonly preparedStatements: number;
}

/** A database and what was prepared in it. It may be opened anew; one in memory is kept, since its data would be lost. */
export class Connection {
  #db: Database | undefined;
  #statements: Statements;
  #atFirst: PragmaValues | undefined;
  /** A session has ended that had left something behind: {@link renew} comes before the next one. */
  stale = false;

  constructor(private readonly options: ConnectionOptions) {
    this.#statements = this.#noStatements();
  }

  /** The database; opened when it is not, which may fail because it is busy, and may be tried again then. */
  get db(): Database {
    return (this.#db ??= this.#open());
  }

  get statements(): Statements {
    return this.#statements;
  }

  get inMemory(): boolean {
    return this.options.path === ':memory:';
  }

  /** Makes it as a new one is: on a file by a new one. Nothing is open in it. */
  renew(): void {
    if (this.inMemory) {
      this.#statements = this.#noStatements();
      cleanMemory(this.db, this.#atFirst!);
    } else this.close();
    void this.db;
    this.stale = false;
  }

  /** Rolls back what is open. */
  rollback(): void {
    const db = this.#db;
    if (db?.inTransaction) db.exec('ROLLBACK');
  }

  /** Closes it. Harmless when it is closed. */
  close(): void {
    const db = this.#db;
    if (db === undefined) return;
    this.#db = undefined;
    this.#statements = this.#noStatements();
    try {
      // libsql keeps the locks of a transaction that was open when it was closed.
      if (db.inTransaction) db.exec('ROLLBACK');
    } finally {
      db.close();
    }
  }

  #open(): Database {
    const { open, path, settings } = this.options;
    const db = open(path);
    try {
      db.exec(`PRAGMA busy_timeout = ${NATIVE_BUSY_TIMEOUT_MS}`);
      // A file stays in that mode; to ask is a read, and to set it a write.
      if (!this.inMemory && rowsOf(db, 'PRAGMA journal_mode')[0]?.[0] !== 'wal')
        db.exec('PRAGMA journal_mode = WAL');
      for (const text of settings) db.exec(text);
      if (this.inMemory) this.#atFirst = pragmaValues(db);
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  }

  #noStatements(): Statements {
    const { node, classifier, preparedStatements } = this.options;
    return new Statements(node, classifier, preparedStatements);
  }
}
