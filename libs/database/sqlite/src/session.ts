import type {
  Fault,
  Position,
  ProbeResult,
  RawResult,
  ServerIdentity,
  SqlSession,
  Statement,
} from '@nest-pooling/sql';
import type { Connection } from './connection.js';
import type { Courtesy } from './courtesy.js';
import { rowsOf, type Cursor } from './database.js';
import { ResetFailedError, ScriptFailedError, SessionClosedError } from './errors.js';
import { bindable } from './parameters.js';
import type { Patience } from './patience.js';
import { isBusy } from './result-codes.js';
import { runPrepared } from './run-prepared.js';
import { streamRows } from './stream.js';
import { TransactionState } from './transaction-state.js';

/** What a session is made of. */
export interface SessionParts {
  readonly node: string;
  readonly connection: Connection;
  /** Others use the connection, too: it stays open when the session ends. */
  readonly shared: boolean;
  readonly mayWrite: boolean;
  readonly courtesy: Courtesy;
  readonly patience: Patience;
  readonly onConnect: ((session: SqliteSession) => Promise<void>) | undefined;
}

const COMMIT = /^\s*(?:COMMIT|END)\b/i;
const NOTHING: RawResult = { rows: [], rowCount: null, command: 'ROLLBACK', fields: [] };

/**
 * One connection to a SQLite database. A statement runs within the call, and so for as long blocks the process: it cannot be cancelled,
 * and its time limit is only looked at before it begins. What waits for the lock of another program waits without blocking.
 * Made by `SqliteDriver.connect`.
 */
export class SqliteSession implements SqlSession {
  onLost?: (fault: Fault) => void;
  readonly identity: ServerIdentity;
  readonly #parts: SessionParts;
  readonly #transaction: TransactionState;
  /** What is being read: it ends with the session, or it would keep its locks. */
  readonly #cursors = new Set<Cursor>();
  #closed = false;
  /** Something was left behind that is not to be seen by the next borrower. */
  #altered = false;

  /** @internal */
  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#transaction = new TransactionState(parts.node, parts.connection, parts.mayWrite);
    const { db } = parts.connection;
    const version = String(rowsOf(db, 'SELECT sqlite_version()')[0]?.[0]);
    this.identity = { systemId: '', timeline: 0, role: 'primary', version: `${version} (${db.library})` };
  }

  /** `failed` when SQLite has rolled the transaction back by itself: then only ROLLBACK is taken. */
  get state(): SqlSession['state'] {
    if (this.#closed) return 'broken';
    if (this.#transaction.failed) return 'failed';
    return this.#transaction.within ? 'in-transaction' : 'idle';
  }

  /**
   * @throws the library's own error where SQLite refused; `LockedForTooLongError`; `ParametersError`; `SessionClosedError`;
   *   `TransactionRolledBackError`
   */
  execute(statement: Statement): Promise<RawResult> {
    const due = this.#parts.courtesy.due();
    return due === undefined ? this.#patiently(statement) : due.then(() => this.#patiently(statement));
  }

  /**
   * Reads row by row, and lets the event loop turn between batches. What writes and returns rows (`INSERT … RETURNING`) has run to its
   * end before its first row is given.
   */
  stream(statement: Statement, batch: number): AsyncIterable<readonly unknown[]> {
    const { connection, courtesy, node, mayWrite } = this.#parts;
    const usable = (): void => {
      if (this.#closed) throw new SessionClosedError(node);
      this.#transaction.admits('SELECT', '');
    };
    return streamRows({
      statement,
      batch,
      courtesy,
      usable,
      execute: () => this.execute(statement),
      open: () => {
        usable();
        // One of its own: another with the same text would begin it anew.
        const prepared = connection.statements.prepare(connection.db, statement.text, mayWrite);
        return { prepared, values: bindable(node, statement.params, prepared.count) };
      },
      hold: (cursor) => {
        this.#cursors.add(cursor);
        return () => void (this.#cursors.delete(cursor) && cursor.close());
      },
    });
  }

  /** @throws CommitRolledBackError when SQLite had rolled the transaction back by itself */
  async commit(): Promise<void> {
    await this.execute({ text: 'COMMIT' });
  }

  /** There are none: one file has one state, and every reader sees it. */
  position(): Promise<Position> {
    return Promise.resolve({ systemId: '', timeline: 0, at: '' });
  }

  /** Always `false`: positions mean nothing here. */
  reached(_position: Position): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** Reads the header of the file. */
  async probe(): Promise<ProbeResult> {
    await this.execute({ text: 'PRAGMA schema_version' });
    return { ...this.identity, at: '', streaming: true, lagMs: null };
  }

  /** Does nothing: whoever could call it waits until the statement is over. */
  cancel(): Promise<void> {
    return Promise.resolve();
  }

  /**
   * Rolls back, and opens the connection anew if the borrower may have changed its settings, attached a database or made a temporary table.
   *
   * @throws ResetFailedError `SQL_RESET_FAILED`
   */
  async reset(): Promise<void> {
    const { node } = this.#parts;
    try {
      if (this.#closed) throw new SessionClosedError(node);
      this.#transaction.end();
      if (this.#altered) await this.#renew();
    } catch (error) {
      this.destroy();
      throw new ResetFailedError(node, { cause: error });
    }
    if (this.state === 'idle') return;
    this.destroy();
    throw new ResetFailedError(node);
  }

  /** Runs the application's `onConnect`. Nothing that it does is cleared by a reset. @internal */
  async setUp(): Promise<void> {
    await this.#parts.onConnect?.(this);
    this.#altered = false;
  }

  close(): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }

  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { patience, connection, shared } = this.#parts;
    patience.end();
    try {
      for (const cursor of this.#cursors) cursor.close();
      this.#cursors.clear();
      if (!shared) connection.close();
      else {
        connection.stale ||= this.#altered;
        if (this.#transaction.within) this.#transaction.end();
      }
    } catch {
      // What cannot be closed is collected; there is nobody to tell.
    }
  }

  async #renew(): Promise<void> {
    const { connection, patience } = this.#parts;
    await patience.run(() => connection.renew());
    await this.setUp();
  }

  #patiently(statement: Statement): Promise<RawResult> {
    const attempt = (): RawResult => this.#now(statement);
    try {
      return Promise.resolve(attempt());
    } catch (error) {
      // What was refused has not happened. A transaction holds what others wait for: it does not wait itself, except to commit.
      const again = isBusy(error) && (!this.#transaction.within || COMMIT.test(statement.text));
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the library's own
      return again ? this.#parts.patience.again(attempt, error) : Promise.reject(error);
    }
  }

  #now(statement: Statement): RawResult {
    const { connection, node, mayWrite } = this.#parts;
    if (this.#closed) throw new SessionClosedError(node);
    const { db } = connection;
    const prepared = connection.statements.find(db, statement.text, mayWrite);
    if (!this.#transaction.admits(prepared.verb, statement.text)) return NOTHING;
    const values = bindable(node, statement.params, prepared.count);
    if (prepared.pins) this.#altered = true;
    try {
      const result = runPrepared(db, prepared, values, statement);
      this.#transaction.ran(prepared);
      return result;
    } catch (error) {
      this.#transaction.missed(prepared, error);
      const alone = prepared.kind === 'script' && !this.#transaction.within && prepared.verb !== 'CREATE';
      throw alone ? new ScriptFailedError(node, error) : error;
    }
  }
}
