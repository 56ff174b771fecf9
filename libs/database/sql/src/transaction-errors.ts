import type { ErrorCategory } from '@nest-pooling/core';
import { SqlError } from './errors.js';
import type { Fault } from './fault.js';

/** The connection was lost while COMMIT ran: the transaction may have happened or not. Never repeated by a machine. */
export class SqlOutcomeUnknownError extends SqlError {
  static override readonly brand = 'SqlOutcomeUnknownError';
  readonly code = 'SQL_OUTCOME_UNKNOWN';
  readonly category: ErrorCategory = 'unavailable';

  constructor(node: string, fault: Fault) {
    super(
      node,
      'the connection was lost while COMMIT was under way: the transaction may have taken effect or not. ' +
        'Look at the data before doing it again.',
      { cause: fault.cause, fault },
    );
  }
}

/** A connection was used after the transaction or the `use` that lent it had ended. The cause is what ended it, if it failed. */
export class SqlTransactionEndedError extends SqlError {
  static override readonly brand = 'SqlTransactionEndedError';
  readonly code = 'SQL_TRANSACTION_ENDED';
  readonly category: ErrorCategory = 'misuse';

  constructor(node: string, cause?: unknown) {
    super(
      node,
      'a statement was given to a connection whose transaction (or use) had ended. ' +
        'Await every statement inside it; to run something afterwards, call the pool within outside().',
      cause === undefined ? {} : { cause },
    );
  }
}

/**
 * A statement of a transaction had failed, its error did not end the transaction, and so the transaction was rolled back instead of
 * committed; nothing of it happened. The cause is the error of that statement.
 */
export class SqlTransactionFailedError extends SqlError {
  static override readonly brand = 'SqlTransactionFailedError';
  readonly code = 'SQL_TRANSACTION_FAILED';
  readonly category: ErrorCategory;

  constructor(node: string, failure: SqlError | undefined) {
    super(
      node,
      `the transaction was rolled back instead of committed, because a statement in it had failed` +
        `${failure === undefined ? '' : ` (${failure.code})`} and its error was swallowed. ` +
        'Let the error end the transaction, or put what may fail into a transaction inside it.',
      failure === undefined
        ? {}
        : { cause: failure, ...(failure.fault === undefined ? {} : { fault: failure.fault }) },
    );
    this.category = failure?.category ?? 'failed';
  }
}

/** A transaction was older than `maxTransactionMs`. What ran in it was cancelled, and it was rolled back. */
export class SqlTransactionTooLongError extends SqlError {
  static override readonly brand = 'SqlTransactionTooLongError';
  readonly code = 'SQL_TRANSACTION_TOO_LONG';
  readonly category: ErrorCategory = 'timeout';
  /** Who had begun it, as far as that is known. */
  readonly label: string | undefined;
  /** How old it was, in milliseconds. */
  readonly ageMs: number;
  /** How old it might have become, in milliseconds. */
  readonly maxTransactionMs: number;

  constructor(node: string, label: string | undefined, ageMs: number, maxTransactionMs: number) {
    super(
      node,
      `the transaction${label === undefined ? '' : ` of ${label}`} was rolled back after ${Math.round(ageMs)} ms; ` +
        `${maxTransactionMs} ms are allowed. Do less in it, or raise maxTransactionMs.`,
    );
    this.label = label;
    this.ageMs = ageMs;
    this.maxTransactionMs = maxTransactionMs;
  }
}

/** A transaction inside a transaction was given options that only the outer one can have. */
export class SqlNestedTransactionError extends SqlError {
  static override readonly brand = 'SqlNestedTransactionError';
  readonly code = 'SQL_NESTED_TRANSACTION';
  readonly category: ErrorCategory = 'misuse';

  constructor(node: string, options: readonly string[]) {
    super(
      node,
      `a transaction inside another one cannot have ${options.join(', ')}: it is a part of the outer one. ` +
        'Give it to the outer one, or run this one on its own with outside().',
    );
  }
}
