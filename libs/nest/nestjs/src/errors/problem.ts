import { STATUS_CODES } from 'node:http';
import type { ErrorCategory, PoolingError } from '@nest-pooling/core';

/**
 * What an HTTP client gets for a `PoolingError`: a problem of RFC 9457, of the type `about:blank`, which says no more than its status does,
 * with the code of the error as its one extension. Nothing in it comes from a server or names a host.
 */
export interface PoolingProblem {
  /** The name of the status. */
  readonly title: string;
  /** The HTTP status. */
  readonly status: number;
  /** One sentence for humans, the same for every error of a category. */
  readonly detail: string;
  /** The stable code of the error. */
  readonly code: string;
}

const ANSWERS: Readonly<Record<ErrorCategory, readonly [status: number, detail: string]>> = {
  unavailable: [503, 'A resource that this request needs is not available at the moment. Try again later.'],
  timeout: [504, 'A resource that this request needs did not answer in time.'],
  conflict: [409, 'Another change got in the way. The same request may succeed when it is repeated.'],
  cancelled: [503, 'The request was given up before it was done.'],
  failed: [500, 'Internal server error'],
  misuse: [500, 'Internal server error'],
};

/** Translates an error by its category alone, so that resources this package does not know translate well too. */
export function problemOf(error: PoolingError): PoolingProblem {
  const [status, detail] = ANSWERS[error.category] ?? ANSWERS.failed;
  return { title: STATUS_CODES[status] ?? 'Error', status, detail, code: error.code };
}

/**
 * When a client should try again, in whole seconds as `Retry-After` wants them, rounded up so that nobody comes
 * too early. `undefined` where trying again is no matter of time.
 */
export function retryAfterSeconds(error: PoolingError): number | undefined {
  if (error.category !== 'unavailable') return undefined;
  return Math.max(1, Math.ceil((error.retryAfterMs ?? 1_000) / 1_000));
}
