import { PoolingError, type ErrorCategory, type PoolingErrorInit } from '@nest-pooling/core';
import type { Fault, FaultKind } from './fault.js';
import { messageOf, wordsOf } from './fault-words.js';

/** The codes of this package's errors. */
export type SqlErrorCode =
  | 'SQL_STATEMENT_FAILED'
  | 'SQL_CONNECTION_LOST'
  | 'SQL_CONNECT_FAILED'
  | 'SQL_TIMEOUT'
  | 'SQL_TOO_MANY_ROWS'
  | 'SQL_CANCELLED'
  | 'SQL_OUTCOME_UNKNOWN'
  | 'SQL_TRANSACTION_ENDED'
  | 'SQL_TRANSACTION_FAILED'
  | 'SQL_TRANSACTION_TOO_LONG'
  | 'SQL_NESTED_TRANSACTION'
  | 'SQL_START_FAILED';

/** The base of every error of the SQL room. */
export abstract class SqlError extends PoolingError {
  static override readonly brand: string = 'SqlError';
  abstract override readonly code: SqlErrorCode;
  /** The id of the node that the error came from. */
  readonly node: string;
  /** What went wrong, on three axes; `undefined` where no server was involved. */
  readonly fault: Fault | undefined;

  constructor(node: string, message: string, init: PoolingErrorInit & { fault?: Fault } = {}) {
    super(`${node}: ${message}`, init);
    this.node = node;
    this.fault = init.fault;
  }

  /** The server's own code, where it gave one (SQLSTATE for Postgres). */
  get sqlState(): string | undefined {
    return this.fault?.sqlState;
  }

  /** What exactly it was, where that has a name: `unique-violation`, `deadlock`, … The same for every kind of server. */
  get kind(): FaultKind | undefined {
    return this.fault?.kind;
  }
}

/**
 * The server answered a statement with an error. The cause is the driver's error; its details may hold values of rows, the message does
 * not.
 */
export class SqlStatementError extends SqlError {
  static override readonly brand = 'SqlStatementError';
  readonly code = 'SQL_STATEMENT_FAILED';
  readonly category: ErrorCategory;

  constructor(node: string, fault: Fault) {
    super(node, messageOf(fault), { cause: fault.cause, fault });
    this.category = categories[fault.category];
  }

  /** The constraint that was violated, where the server named one. */
  get constraint(): string | undefined {
    return this.fault?.constraint;
  }

  /** The table that it is about, where the server named one. */
  get table(): string | undefined {
    return this.fault?.table;
  }

  /** The column that it is about, where the server named one. */
  get column(): string | undefined {
    return this.fault?.column;
  }

  /** The schema of the table, where the server named one. */
  get schema(): string | undefined {
    return this.fault?.schema;
  }
}

/** The connection was lost while a statement ran. Whether a write took effect is not known. */
export class SqlConnectionError extends SqlError {
  static override readonly brand = 'SqlConnectionError';
  readonly code = 'SQL_CONNECTION_LOST';
  readonly category: ErrorCategory = 'unavailable';

  constructor(node: string, fault: Fault) {
    const effect =
      fault.outcome === 'not-sent'
        ? 'The statement was not sent.'
        : 'Whether the statement took effect is not known.';
    super(node, `the connection was lost (${wordsOf(fault)}). ${effect}`, {
      cause: fault.cause,
      fault,
      retryAfterMs: 1_000,
    });
  }
}

/** A session could not be opened. The cause is the driver's error. */
export class SqlConnectError extends SqlError {
  static override readonly brand = 'SqlConnectError';
  readonly code = 'SQL_CONNECT_FAILED';
  readonly category: ErrorCategory = 'unavailable';

  constructor(node: string, fault: Fault) {
    super(node, `no session can be opened: ${messageOf(fault)}`, {
      cause: fault.cause,
      fault,
      retryAfterMs: 1_000,
    });
  }
}

/** A statement, or a transaction, did not end in time. What ran was cancelled on the server; a write may have taken effect all the same. */
export class SqlTimeoutError extends SqlError {
  static override readonly brand = 'SqlTimeoutError';
  readonly code = 'SQL_TIMEOUT';
  readonly category: ErrorCategory = 'timeout';

  /** What did not end: a statement, or a transaction, whose work may have waited for something else than the server. */
  readonly what: 'statement' | 'transaction';

  constructor(node: string, timeoutMs: number, what: 'statement' | 'transaction' = 'statement') {
    const fate = what === 'statement' ? 'cancelled on the server' : 'rolled back';
    super(
      node,
      `the ${what} did not end within ${Math.round(timeoutMs)} ms; it was ${fate}. ` +
        `Make the ${what} faster, or raise timeoutMs.`,
    );
    this.what = what;
  }
}

/** The caller's own signal ended a statement. It was cancelled on the server. The cause is the signal's reason. */
export class SqlCancelledError extends SqlError {
  static override readonly brand = 'SqlCancelledError';
  readonly code = 'SQL_CANCELLED';
  readonly category: ErrorCategory = 'cancelled';

  constructor(node: string, cause: unknown) {
    super(node, 'the statement was cancelled by the signal of the caller.', { cause });
  }
}

/** No node of a required pool answered within `startTimeoutMs`. The causes say why, one for each node. */
export class SqlStartError extends SqlError {
  static override readonly brand = 'SqlStartError';
  readonly code = 'SQL_START_FAILED';
  readonly category: ErrorCategory = 'unavailable';

  constructor(pool: string, timeoutMs: number, reasons: readonly string[], cause: unknown) {
    super(
      pool,
      `no node answered within ${timeoutMs} ms (${reasons.join('; ')}). ` +
        'Check the addresses and the servers, or set required: false to start without them.',
      { cause },
    );
  }
}

const categories: Record<Fault['category'], ErrorCategory> = {
  connection: 'unavailable',
  auth: 'unavailable',
  role: 'unavailable',
  overload: 'unavailable',
  conflict: 'conflict',
  constraint: 'failed',
  syntax: 'failed',
  timeout: 'timeout',
  cancelled: 'cancelled',
  resource: 'unavailable',
  other: 'failed',
};

/** The error that stands for a fault of a running statement. */
export function statementError(node: string, fault: Fault): SqlError {
  return fault.category === 'connection' || fault.scope === 'node'
    ? new SqlConnectionError(node, fault)
    : new SqlStatementError(node, fault);
}
