import { PoolingError, type ErrorCategory, type PoolingErrorInit } from '@nest-pooling/core';

/** The codes of this package's errors. */
export type MysqlErrorCode =
  | 'DRIVER_MISSING'
  | 'MYSQL2_UNSUPPORTED'
  | 'SQL_CANCEL_FAILED'
  | 'SQL_COMMIT_ROLLED_BACK'
  | 'SQL_LOGIN_REFUSED'
  | 'SQL_PARAMETERS_INVALID'
  | 'SQL_RESET_FAILED'
  | 'SQL_ROLE_CHANGED'
  | 'SQL_SESSION_BUSY'
  | 'SQL_SESSION_LOST'
  | 'SQL_SETUP_FAILED'
  | 'SQL_TRANSACTION_ROLLED_BACK';

/** The base of the errors that this package itself makes. What the server says stays the error that mysql2 made of it. */
export abstract class MysqlError extends PoolingError {
  static override readonly brand: string = 'MysqlError';
  abstract override readonly code: MysqlErrorCode;
}

/** The package `mysql2`, a peer dependency, is not installed or too old. */
export class DriverMissingError extends MysqlError {
  static override readonly brand = 'DriverMissingError';
  readonly code = 'DRIVER_MISSING';
  readonly category: ErrorCategory = 'misuse';

  constructor(fact: string, init?: PoolingErrorInit) {
    super(
      `The MySQL driver needs the package mysql2, which ${fact}. Install it with: npm install mysql2`,
      init,
    );
  }
}

/** A COMMIT came after the server had rolled the transaction back by itself. Nothing was changed. */
export class CommitRolledBackError extends MysqlError {
  static override readonly brand = 'CommitRolledBackError';
  readonly code = 'SQL_COMMIT_ROLLED_BACK';
  readonly category: ErrorCategory = 'failed';

  constructor(node: string, cause: unknown) {
    super(
      `${node}: the transaction cannot be committed, because the server had rolled it back when a statement in it failed. ` +
        'Let the error of a statement end the transaction.',
      { cause },
    );
  }
}

/**
 * The server has rolled the transaction back by itself (a deadlock). It would run what comes now each for itself and for good, so
 * nothing but ROLLBACK is sent. The cause is what the server said.
 */
export class TransactionRolledBackError extends MysqlError {
  static override readonly brand = 'TransactionRolledBackError';
  readonly code = 'SQL_TRANSACTION_ROLLED_BACK';
  readonly category: ErrorCategory = 'failed';

  constructor(node: string, cause: unknown) {
    super(
      `${node}: a statement was not sent, because the server has rolled the transaction back when an earlier one failed. ` +
        'Let the error of a statement end the transaction, and let it be retried (retry).',
      { cause },
    );
  }
}

/**
 * The server has refused these credentials before, and they are not tried again so soon: that would lock the account where
 * failures are counted. The cause is what the server said.
 */
export class LoginRefusedError extends MysqlError {
  static override readonly brand = 'LoginRefusedError';
  readonly code = 'SQL_LOGIN_REFUSED';
  readonly category: ErrorCategory = 'unavailable';
  /** How often it has refused them. */
  readonly refusals: number;

  constructor(node: string, refusals: number, restMs: number, cause: unknown) {
    const times = refusals === 1 ? 'once' : `${refusals} times in a row`;
    const rest = Math.max(1, Math.ceil(restMs));
    super(
      `${node}: the server has refused these credentials ${times}; they are not tried again for ${rest} ms. ` +
        'Others are tried at once: check user, password and certificate, and what gives them.',
      { cause, retryAfterMs: rest },
    );
    this.refusals = refusals;
  }
}

/** The connection is gone. Each statement that was running gets one of its own; `cause` is what mysql2 or Node said. */
export class SessionLostError extends MysqlError {
  static override readonly brand = 'SessionLostError';
  readonly code = 'SQL_SESSION_LOST';
  readonly category: ErrorCategory = 'unavailable';
  /** We cut it ourselves (`SqlSession.destroy`, `close`); the node may be well. */
  readonly deliberate: boolean;

  constructor(node: string, what: string, init: PoolingErrorInit & { deliberate: boolean }) {
    super(`${node}: ${what}`, init);
    this.deliberate = init.deliberate;
  }
}

/** A request to cancel did not reach the server: what it should have ended may still be running there. */
export class CancelFailedError extends MysqlError {
  static override readonly brand = 'CancelFailedError';
  readonly code = 'SQL_CANCEL_FAILED';
  readonly category: ErrorCategory = 'unavailable';

  constructor(node: string, why: string, init?: PoolingErrorInit) {
    super(`${node}: a statement could not be cancelled: ${why}. Destroy its session.`, init);
  }
}

/** Parameters cannot be put on the wire, or do not fit the statement. It was not executed. */
export class ParametersError extends MysqlError {
  static override readonly brand = 'ParametersError';
  readonly code = 'SQL_PARAMETERS_INVALID';
  readonly category: ErrorCategory = 'misuse';

  // Without the original as a cause: its message may show the value.
  constructor(node: string, what: string) {
    super(`${node}: ${what}`);
  }
}

/** A session could not be brought back to its first state and was destroyed. */
export class ResetFailedError extends MysqlError {
  static override readonly brand = 'ResetFailedError';
  readonly code = 'SQL_RESET_FAILED';
  readonly category: ErrorCategory = 'unavailable';

  constructor(node: string, what: string, init?: PoolingErrorInit) {
    super(`${node}: a session could not be reset and was destroyed: ${what}.`, init);
  }
}

/** The server is no longer what it was when the session was opened. */
export class RoleChangedError extends MysqlError {
  static override readonly brand = 'RoleChangedError';
  readonly code = 'SQL_ROLE_CHANGED';
  readonly category: ErrorCategory = 'unavailable';

  constructor(node: string, was: string, is: string) {
    super(
      `${node}: the server was a ${was} when this session was opened and is a ${is} now. Open a new session.`,
    );
  }
}

/** The session is running something already. */
export class SessionBusyError extends MysqlError {
  static override readonly brand = 'SessionBusyError';
  readonly code = 'SQL_SESSION_BUSY';
  readonly category: ErrorCategory = 'misuse';

  constructor(node: string) {
    super(
      `${node}: a session runs one statement at a time, and this one is not over. Await what was begun first.`,
    );
  }
}

/** The application's `onConnect` has left a transaction open: the first borrower would have found himself in it. */
export class SetupFailedError extends MysqlError {
  static override readonly brand = 'SetupFailedError';
  readonly code = 'SQL_SETUP_FAILED';
  readonly category: ErrorCategory = 'misuse';

  constructor(node: string, state: string) {
    super(`${node}: onConnect has left the session '${state}'. End in it what it begins.`);
  }
}
