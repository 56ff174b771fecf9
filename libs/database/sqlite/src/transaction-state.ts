import type { Connection } from './connection.js';
import { CommitRolledBackError, TransactionRolledBackError } from './errors.js';
import type { PreparedStatement } from './statements.js';

/** Begins, or may end, a transaction. */
const BOUNDS: ReadonlySet<string> = new Set(['BEGIN', 'COMMIT', 'END', 'ROLLBACK', 'SAVEPOINT', 'RELEASE']);
const ENDS: ReadonlySet<string> = new Set(['COMMIT', 'END', 'ROLLBACK']);
const TO_SAVEPOINT = /^\s*ROLLBACK\s+(?:TRANSACTION\s+)?TO\b/i;

/** What is known of the transaction on a session. */
export class TransactionState {
  #within = false;
  /** The open transaction refuses writes by a setting that must be taken back. */
  #readOnly = false;
  /** What made SQLite roll the open transaction back by itself. */
  #undone: { readonly cause: unknown } | undefined = undefined;

  constructor(
    private readonly node: string,
    private readonly connection: Connection,
    private readonly mayWrite: boolean,
  ) {}

  /** A transaction is open. */
  get within(): boolean {
    return this.#within;
  }

  /** SQLite has rolled the transaction back by itself: only what ends it is taken. */
  get failed(): boolean {
    return this.#undone !== undefined;
  }

  /**
   * Whether a statement may run: `false` when it only ends what is over already.
   *
   * @throws TransactionRolledBackError, CommitRolledBackError
   */
  admits(verb: string, text: string): boolean {
    const undone = this.#undone;
    if (undone === undefined) return true;
    if (!ENDS.has(verb) || TO_SAVEPOINT.test(text))
      throw new TransactionRolledBackError(this.node, undone.cause);
    this.#over();
    if (verb !== 'ROLLBACK') throw new CommitRolledBackError(this.node, undone.cause);
    return false;
  }

  /** A statement has run. */
  ran({ verb, kind, readOnly }: PreparedStatement): void {
    if (!BOUNDS.has(verb) && kind !== 'script') return;
    const { db } = this.connection;
    this.#within = db.inTransaction;
    if (readOnly && this.mayWrite) {
      db.exec('PRAGMA query_only = ON');
      this.#readOnly = true;
    } else if (!this.#within) this.#over();
  }

  /** A statement has failed. Some errors end the transaction, and SQLite would run what follows each for itself. */
  missed({ verb, kind }: PreparedStatement, error: unknown): void {
    const was = this.#within;
    if (!was && !BOUNDS.has(verb) && kind !== 'script') return;
    this.#within = this.connection.db.inTransaction;
    if (this.#within || !was) return;
    if (ENDS.has(verb)) return this.#over();
    this.#undone = { cause: error };
    this.#within = true;
  }

  /** Ends whatever is open. */
  end(): void {
    this.connection.rollback();
    this.#over();
  }

  #over(): void {
    this.#undone = undefined;
    this.#within = false;
    if (!this.#readOnly) return;
    this.#readOnly = false;
    this.connection.db.exec('PRAGMA query_only = OFF');
  }
}
