import type { ErrorCategory } from '@nest-pooling/core';
import { PostgresError } from './errors.js';

/** A subscription could not be begun. The cause is the last failure to connect or to listen, where there was one. */
export class ListenFailedError extends PostgresError {
  static override readonly brand = 'ListenFailedError';
  readonly code = 'SQL_LISTEN_FAILED';
  readonly category: ErrorCategory;

  constructor(node: string, channel: string, fact: string, category: ErrorCategory, cause?: unknown) {
    super(`${node}: LISTEN on '${channel}' could not begin: ${fact}`, { cause });
    this.category = category;
  }
}

/** The application's handler of notifications has thrown. The cause is what it threw. */
export class ListenHandlerError extends PostgresError {
  static override readonly brand = 'ListenHandlerError';
  readonly code = 'SQL_LISTEN_HANDLER_FAILED';
  readonly category: ErrorCategory = 'failed';
  /** The channel of the notification. */
  readonly channel: string;

  constructor(pool: string, channel: string, cause: unknown) {
    const what = cause instanceof Error ? cause.message || cause.name : String(cause);
    super(
      `${pool}: a handler of the channel '${channel}' failed (${what}). Give listen an onError to hear of it.`,
      {
        cause,
      },
    );
    this.channel = channel;
  }
}
