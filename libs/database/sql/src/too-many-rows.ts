import type { ErrorCategory } from '@nest-pooling/core';
import type { RawResult, Statement } from './driver.js';
import { SqlError } from './errors.js';
import type { SqlNode } from './sql-node.js';

/**
 * A statement returned more rows than `maxRows`. If it was a write it has taken effect all the same, as far as its transaction has.
 * No row is given: a part of a result looks like a whole.
 */
export class SqlTooManyRowsError extends SqlError {
  static override readonly brand = 'SqlTooManyRowsError';
  readonly code = 'SQL_TOO_MANY_ROWS';
  readonly category: ErrorCategory = 'failed';
  /** The statement, with `?` for every literal. */
  readonly fingerprint: string;
  /** How many rows are allowed. */
  readonly maxRows: number;

  constructor(node: string, fingerprint: string, maxRows: number) {
    super(
      node,
      `a statement returned more than ${maxRows} rows, which is what maxRows allows (${fingerprint}). ` +
        'Add a LIMIT, read it with stream(), or raise maxRows for this statement.',
    );
    this.fingerprint = fingerprint;
    this.maxRows = maxRows;
  }
}

/** The error of a result that is too large, if it is. */
export function tooManyRows(node: SqlNode, statement: Statement, { rows }: RawResult): SqlError | undefined {
  const maxRows = statement.maxRows ?? node.policy.maxRows;
  if (rows.length <= maxRows) return undefined;
  return new SqlTooManyRowsError(node.id, node.driver.classify(statement.text).fingerprint, maxRows);
}
