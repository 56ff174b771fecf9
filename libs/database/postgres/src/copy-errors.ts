import type { ErrorCategory } from '@nest-pooling/core';
import { PostgresError } from './errors.js';

const INSTEAD = {
  in: 'Data for COPY … FROM STDIN is given by copyFrom(pool, text, source).',
  out: 'The data of COPY … TO STDOUT is read by copyTo(pool, text).',
};

/** A COPY that talks to the client was given to `query`, or something else to `copyFrom` or `copyTo`. */
export class CopyMisusedError extends PostgresError {
  static override readonly brand = 'CopyMisusedError';
  readonly code = 'SQL_COPY_MISUSED';
  readonly category: ErrorCategory = 'misuse';

  constructor(node: string, fact: string, direction: 'in' | 'out') {
    super(`${node}: ${fact} ${INSTEAD[direction]}`);
  }
}

/** The source of the data of a COPY has failed: the server was told, and took none of it. The cause is what the source threw. */
export class CopySourceError extends PostgresError {
  static override readonly brand = 'CopySourceError';
  readonly code = 'SQL_COPY_SOURCE_FAILED';
  readonly category: ErrorCategory = 'failed';

  constructor(node: string, cause: unknown) {
    const what = cause instanceof Error ? cause.message || cause.name : String(cause);
    super(`${node}: the source of the data failed (${what}); nothing of it was copied.`, { cause });
  }
}
