import { PoolingError, type ErrorCategory, type PoolingErrorInit } from '@nest-pooling/core';
import type { Library } from './database.js';

/** The codes of this package's errors. */
export type SqliteErrorCode =
  | 'DRIVER_MISSING'
  | 'SQL_COMMIT_ROLLED_BACK'
  | 'SQL_LOCKED_FOR_TOO_LONG'
  | 'SQL_PARAMETERS_INVALID'
  | 'SQL_RESET_FAILED'
  | 'SQL_SCRIPT_FAILED'
  | 'SQL_SESSION_CLOSED'
  | 'SQL_SETUP_FAILED'
  | 'SQL_TRANSACTION_ROLLED_BACK';

/** The base of the errors that this package itself makes. What SQLite says stays the error that the library made of it. */
export abstract class SqliteError extends PoolingError {
  static override readonly brand: string = 'SqliteError';
  abstract override readonly code: SqliteErrorCode;
}

/** Neither has this Node a usable `node:sqlite`, nor is the package `libsql`, an optional peer dependency, installed. */
export class DriverMissingError extends SqliteError {
  static override readonly brand = 'DriverMissingError';
  readonly code = 'DRIVER_MISSING';
  readonly category: ErrorCategory = 'misuse';

  constructor(library: Library, node: string, init?: PoolingErrorInit) {
    super(
      library === 'libsql'
        ? `The SQLite driver needs the package libsql on Node ${node}, and it could not be loaded. ` +
            'Install it with: npm install libsql (or use Node 24, which has SQLite built in).'
        : `node:sqlite is not to be had on Node ${node}: it needs Node 22.16, 24 or later. ` +
            'Leave out session.library, and install the package libsql with: npm install libsql',
      init,
    );
  }
}

/** Parameters cannot be given to SQLite. Nothing was run. */
export class ParametersError extends SqliteError {
  static override readonly brand = 'ParametersError';
  readonly code = 'SQL_PARAMETERS_INVALID';
  readonly category: ErrorCategory = 'misuse';

  constructor(node: string, what: string) {
    super(`${node}: ${what}`);
  }
}

/** The session was closed, or cut because its caller had given up, before the statement ran. */
export class SessionClosedError extends SqliteError {
  static override readonly brand = 'SessionClosedError';
  readonly code = 'SQL_SESSION_CLOSED';
  readonly category: ErrorCategory = 'unavailable';

  constructor(node: string) {
    super(`${node}: the session was closed before the statement ran.`);
  }
}

/** Another connection held the lock for all of `lockTimeoutMs`. Nothing has happened. The cause is what SQLite said. */
export class LockedForTooLongError extends SqliteError {
  static override readonly brand = 'LockedForTooLongError';
  readonly code = 'SQL_LOCKED_FOR_TOO_LONG';
  readonly category: ErrorCategory = 'unavailable';

  constructor(node: string, waitedMs: number, tries: number, cause: unknown) {
    super(
      `${node}: another connection has held the lock of the database for ${Math.round(waitedMs)} ms (${tries} tries). ` +
        'Look for a program that keeps a transaction open on the file, or raise session.lockTimeoutMs.',
      { cause, retryAfterMs: 1_000 },
    );
  }
}

/** An error has ended the whole transaction, not only its statement; nothing of it has happened. The cause is that error. */
export class TransactionRolledBackError extends SqliteError {
  static override readonly brand = 'TransactionRolledBackError';
  readonly code = 'SQL_TRANSACTION_ROLLED_BACK';
  readonly category: ErrorCategory = 'failed';

  constructor(node: string, cause: unknown) {
    super(
      `${node}: an earlier error has made SQLite roll the transaction back; statements are ignored until ROLLBACK.`,
      { cause },
    );
  }
}

/** COMMIT came after SQLite had rolled the transaction back by itself. Nothing was changed. */
export class CommitRolledBackError extends SqliteError {
  static override readonly brand = 'CommitRolledBackError';
  readonly code = 'SQL_COMMIT_ROLLED_BACK';
  readonly category: ErrorCategory = 'failed';

  constructor(node: string, cause: unknown) {
    super(
      `${node}: there was nothing to commit: an earlier error had made SQLite roll the transaction back. ` +
        'Let the error of a statement end the transaction.',
      { cause },
    );
  }
}

/** A text of several statements failed at one of them; those before it have happened. The cause is what SQLite said. */
export class ScriptFailedError extends SqliteError {
  static override readonly brand = 'ScriptFailedError';
  readonly code = 'SQL_SCRIPT_FAILED';
  readonly category: ErrorCategory = 'failed';

  constructor(node: string, cause: unknown) {
    super(
      `${node}: one of several statements in one text has failed, and those before it have taken effect. ` +
        'Run them in a transaction.',
      { cause },
    );
  }
}

/** A session could not be brought back to its first state and was closed. */
export class ResetFailedError extends SqliteError {
  static override readonly brand = 'ResetFailedError';
  readonly code = 'SQL_RESET_FAILED';
  readonly category: ErrorCategory = 'unavailable';

  constructor(node: string, init?: PoolingErrorInit) {
    super(`${node}: a session could not be reset and was closed.`, init);
  }
}

/** The application's `onConnect` has left a transaction open: the first borrower would have found himself in it. */
export class SetupFailedError extends SqliteError {
  static override readonly brand = 'SetupFailedError';
  readonly code = 'SQL_SETUP_FAILED';
  readonly category: ErrorCategory = 'misuse';

  constructor(node: string) {
    super(`${node}: onConnect has left a transaction open. End in it what it begins.`);
  }
}
