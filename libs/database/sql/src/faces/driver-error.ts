import { PoolCreateError } from '@nest-pooling/pool';
import { SqlConnectError, SqlConnectionError, SqlStatementError } from '../errors.js';

/** Their cause says what happened, in the words of the driver or of the server. */
const WRAPPERS: readonly ErrorClass[] = [
  PoolCreateError,
  SqlConnectError,
  SqlConnectionError,
  SqlStatementError,
];

/** A class of errors. */
export type ErrorClass = abstract new (...given: never[]) => Error;

/** Carries what a driver or a hook has said, whatever that is, through the engine. */
export class ConnectFailure extends Error {
  constructor(
    /** As it was said. */
    readonly raw: unknown,
  ) {
    super('a connection could not be made');
  }
}

/**
 * What an error of ours is to users of a driver: that driver's own error. `own` gives those that its pool makes itself; `wrappers` are the
 * classes, beside the usual ones, that stand around an error of the driver. Where the driver has none, it is ours.
 */
export function driverError(
  error: unknown,
  own: (error: unknown) => Error | undefined,
  wrappers: readonly ErrorClass[],
): Error {
  if (error instanceof ConnectFailure) return error.raw as Error;
  const said = own(error);
  if (said !== undefined) return said;
  const { cause } = error as { cause?: unknown };
  const wraps = [...WRAPPERS, ...wrappers].some((wrapper) => error instanceof wrapper);
  return wraps && cause !== undefined ? driverError(cause, own, wrappers) : (error as Error);
}
