import { PoolingError, type ErrorCategory, type PoolingErrorInit } from '@nest-pooling/core';

/** The codes of this package's errors. */
export type PostgresErrorCode =
  | 'DRIVER_MISSING'
  | 'SQL_COMMIT_ROLLED_BACK'
  | 'SQL_COPY_MISUSED'
  | 'SQL_COPY_SOURCE_FAILED'
  | 'SQL_LISTEN_FAILED'
  | 'SQL_LISTEN_HANDLER_FAILED'
  | 'SQL_LOGIN_REFUSED'
  | 'SQL_HOST_UNFIT'
  | 'SQL_NO_HOST'
  | 'SQL_SESSION_LOST'
  | 'SQL_SETUP_FAILED'
  | 'SQL_CANCEL_FAILED'
  | 'SQL_PARAMETERS_INVALID'
  | 'SQL_RESET_FAILED'
  | 'SQL_ROLE_CHANGED'
  | 'SQL_SESSION_BUSY'
  | 'SQL_STATEMENT_NAME'
  | 'SQL_TEXT_INVALID';

/** The base of the errors that this package itself makes. What the server says stays the error that pg made of it. */
export abstract class PostgresError extends PoolingError {
  static override readonly brand: string = 'PostgresError';
  abstract override readonly code: PostgresErrorCode;
}

/** The package `pg`, a peer dependency, is not installed or too old. */
export class DriverMissingError extends PostgresError {
  static override readonly brand = 'DriverMissingError';
  readonly code = 'DRIVER_MISSING';
  readonly category: ErrorCategory = 'misuse';

  constructor(fact: string, init?: PoolingErrorInit) {
    super(`The Postgres driver needs the package pg, which ${fact}. Install it with: npm install pg`, init);
  }
}

/** COMMIT was answered with a rollback: an earlier statement of the transaction had failed. Nothing was changed. */
export class CommitRolledBackError extends PostgresError {
  static override readonly brand = 'CommitRolledBackError';
  readonly code = 'SQL_COMMIT_ROLLED_BACK';
  readonly category: ErrorCategory = 'failed';

  constructor(node: string) {
    super(
      `${node}: the server rolled the transaction back instead of committing it, because a statement in it had ` +
        'failed. Let the error of a statement end the transaction, or use a savepoint.',
    );
  }
}

/**
 * The server has refused these credentials before, and they are not tried again so soon: that would lock the account where
 * failures are counted. The cause is what the server said.
 */
export class LoginRefusedError extends PostgresError {
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

/** The connection is gone. Each statement that was running gets one of its own; `cause` is what pg or Node said. */
export class SessionLostError extends PostgresError {
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
export class CancelFailedError extends PostgresError {
  static override readonly brand = 'CancelFailedError';
  readonly code = 'SQL_CANCEL_FAILED';
  readonly category: ErrorCategory = 'unavailable';

  constructor(node: string, why: string, init?: PoolingErrorInit) {
    super(`${node}: a statement could not be cancelled: ${why}. Destroy its session.`, init);
  }
}

/** Parameters cannot be put on the wire. Nothing was sent. */
export class ParametersError extends PostgresError {
  static override readonly brand = 'ParametersError';
  readonly code = 'SQL_PARAMETERS_INVALID';
  readonly category: ErrorCategory = 'misuse';

  // Without the original as a cause: its message may show the value.
  constructor(node: string, what: string) {
    super(`${node}: ${what}`);
  }
}

/** A session could not be brought back to its first state and was destroyed. */
export class ResetFailedError extends PostgresError {
  static override readonly brand = 'ResetFailedError';
  readonly code = 'SQL_RESET_FAILED';
  readonly category: ErrorCategory = 'unavailable';

  constructor(node: string, what: string, init?: PoolingErrorInit) {
    super(`${node}: a session could not be reset and was destroyed: ${what}.`, init);
  }
}

/** The server is no longer what it was when the session was opened: its positions belong to another history. */
export class RoleChangedError extends PostgresError {
  static override readonly brand = 'RoleChangedError';
  readonly code = 'SQL_ROLE_CHANGED';
  readonly category: ErrorCategory = 'unavailable';

  constructor(node: string, was: string, is: string) {
    super(
      `${node}: the server was a ${was} when this session was opened and is a ${is} now. Open a new session.`,
    );
  }
}

/** The session is running something that it cannot share its connection with. */
export class SessionBusyError extends PostgresError {
  static override readonly brand = 'SessionBusyError';
  readonly code = 'SQL_SESSION_BUSY';
  readonly category: ErrorCategory = 'misuse';

  constructor(node: string, running: number) {
    super(
      `${node}: a stream and a COPY need a session for themselves, and this one is running ${running} ` +
        `${running === 1 ? 'statement' : 'statements'}. Await what was begun first.`,
    );
  }
}

/** Two different statements were given the same name. Nothing was sent. */
export class StatementNameError extends PostgresError {
  static override readonly brand = 'StatementNameError';
  readonly code = 'SQL_STATEMENT_NAME';
  readonly category: ErrorCategory = 'misuse';

  constructor(node: string, name: string) {
    super(
      `${node}: the statement name '${name}' stands for another text on this connection. Give each text a name of its own.`,
    );
  }
}

/** The text of a statement holds a NUL character, which the protocol has no way to send. Nothing was sent. */
export class StatementTextError extends PostgresError {
  static override readonly brand = 'StatementTextError';
  readonly code = 'SQL_TEXT_INVALID';
  readonly category: ErrorCategory = 'misuse';

  constructor(node: string) {
    super(
      `${node}: the text of a statement contains a NUL character. Take it out; values belong in parameters.`,
    );
  }
}

/** The application's `onConnect` has left a transaction open: the first borrower would have found himself in it. */
export class SetupFailedError extends PostgresError {
  static override readonly brand = 'SetupFailedError';
  readonly code = 'SQL_SETUP_FAILED';
  readonly category: ErrorCategory = 'misuse';

  constructor(node: string, state: string) {
    super(`${node}: onConnect has left the session '${state}'. End in it what it begins.`);
  }
}
