import type { ErrorCategory } from '@nest-pooling/core';
import { RoutingError } from './errors.js';

/** No replica has come as far as a read must see, in the time that it had, and the primary may not or cannot serve it. */
export class NotCaughtUpError extends RoutingError {
  static override readonly brand = 'NotCaughtUpError';
  readonly code = 'ROUTING_NOT_CAUGHT_UP';
  readonly category: ErrorCategory = 'unavailable';

  constructor(pool: string, why: string, cause: unknown) {
    super(
      pool,
      `no replica has what the read must see (${why}), and the primary may not serve it. Retry later, allow the fallback to the primary, or ask for less consistency.`,
      { retryAfterMs: 1_000, ...(cause === undefined ? {} : { cause }) },
    );
  }
}

/** The position after the last write is not known, since the primary does not answer: no token can be made. */
export class PositionUnknownError extends RoutingError {
  static override readonly brand = 'PositionUnknownError';
  readonly code = 'ROUTING_POSITION_UNKNOWN';
  readonly category: ErrorCategory = 'unavailable';

  constructor(pool: string, node: string | undefined) {
    super(
      pool,
      `the primary ${node ?? '(none is known)'} does not tell its position, so that no token can be made. Retry later.`,
      {
        retryAfterMs: 1_000,
      },
    );
  }
}

/** Too many reads have moved to another node: more of that would bring down what is left. The cause is the failure. */
export class RetryBudgetError extends RoutingError {
  static override readonly brand = 'RetryBudgetError';
  readonly code = 'ROUTING_RETRY_BUDGET';
  readonly category: ErrorCategory = 'unavailable';

  constructor(pool: string, node: string, cause: unknown) {
    super(
      pool,
      `the read failed on ${node}, and it is not tried elsewhere: moves are limited to 20 % of the reads and 10 per second. See the cause; retry later.`,
      { cause, retryAfterMs: 1_000 },
    );
  }
}

/** Tokens were not configured. */
export class TokensOffError extends RoutingError {
  static override readonly brand = 'TokensOffError';
  readonly code = 'ROUTING_TOKENS_OFF';
  readonly category: ErrorCategory = 'misuse';

  constructor(pool: string) {
    super(pool, 'there are no tokens without a key: give routing.tokens.keys.');
  }
}
