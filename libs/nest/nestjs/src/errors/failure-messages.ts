import { withoutStack, type PoolingError } from '@nest-pooling/core';
import { problemOf, retryAfterSeconds } from './problem.js';

/**
 * What a client gets for a `PoolingError` where there is no HTTP: the fields of Nest's own exceptions, the stable code, and what HTTP would
 * have as its status and in `Retry-After`.
 */
export interface PoolingFailureMessage {
  /** Always `error`, as Nest has it. */
  readonly status: 'error';
  /** The HTTP status that it would have. */
  readonly statusCode: number;
  /** The stable code of the error. */
  readonly code: string;
  /** One sentence for humans, the same for every error of a category. */
  readonly message: string;
  /** When to try again, in milliseconds; absent where that is no matter of time. */
  readonly retryAfterMs?: number;
}

/** The message for transports that have no head. */
export function failureMessageOf(error: PoolingError): PoolingFailureMessage {
  const { status: statusCode, detail: message, code } = problemOf(error);
  return { status: 'error', statusCode, code, message, ...retryAfterMs(error) };
}

/**
 * What GraphQL makes an entry of `errors` of. The servers read `extensions` off whatever a resolver throws, so that no package of theirs is
 * needed; `http` is for those that let an error decide on the status of the whole answer, the others pass `status` on.
 */
export class GraphqlFailure extends Error {
  override readonly name = 'GraphqlFailure';
  /** What a client branches on. */
  readonly extensions: Readonly<Record<string, unknown>>;

  private constructor(error: PoolingError) {
    const { status, detail, code } = problemOf(error);
    // No cause: a server that reports everything that it knows would show what it must not.
    super(detail);
    this.extensions = { code, status, ...retryAfterMs(error), http: { status } };
  }

  /** Without a stack: servers in development put it into the answer. */
  static of(error: PoolingError): GraphqlFailure {
    return withoutStack(() => new GraphqlFailure(error));
  }
}

function retryAfterMs(error: PoolingError): { retryAfterMs?: number } {
  const seconds = retryAfterSeconds(error);
  return seconds === undefined ? {} : { retryAfterMs: seconds * 1_000 };
}
