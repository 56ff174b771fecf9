import {
  PoolClosedError,
  PoolCreateError,
  PoolCreateTimeoutError,
  PoolTimeoutError,
} from '@nest-pooling/pool';

import { NoNodeError, PrimaryUnavailableError } from '@nest-pooling/routing';
import { SqlConnectError, SqlConnectionError, SqlStatementError } from '@nest-pooling/sql';
import { SessionLostError } from '../errors.js';

/** What pg.Pool says, word for word: programs look for these texts. */
export const WORDS = {
  ended: 'Cannot use a pool after calling end on the pool',
  endedTwice: 'Called end on pool more than once',
  releasedTwice: 'Release called on client which has already been released to the pool.',
  released: 'Client was released to its pool and is not queryable',
  closed: 'Client was closed and is not queryable',
  noClient: 'timeout exceeded when trying to connect',
  noConnection: 'Connection terminated due to connection timeout',
  lost: 'Connection terminated unexpectedly',
  functionFirst: 'Passing a function as the first parameter to pool.query is not supported',
} as const;

/** Their cause says what happened, in the words of pg or of the server. */
const WRAPPERS = [
  PoolCreateError,
  SqlConnectError,
  SqlConnectionError,
  SqlStatementError,
  SessionLostError,
  PrimaryUnavailableError,
  NoNodeError,
];

/** Carries what a driver or a hook has said, whatever that is, through the engine. */
export class ConnectFailure extends Error {
  constructor(readonly raw: unknown) {
    super('a client could not be connected');
  }
}

/** What an error of ours is to users of pg: the driver's own error, or pg.Pool's. Where pg has none, it is ours. */
export function pgError(error: unknown, connects = false): Error {
  if (error instanceof ConnectFailure) return error.raw as Error;
  if (error instanceof PoolTimeoutError) {
    return new Error(connects ? WORDS.noConnection : WORDS.noClient, { cause: error });
  }
  if (error instanceof PoolCreateTimeoutError) return new Error(WORDS.noConnection, { cause: error });
  if (error instanceof PoolClosedError) return new Error(WORDS.ended, { cause: error });
  if (error instanceof SessionLostError && error.cause === undefined) {
    return new Error(WORDS.lost, { cause: error });
  }
  const wraps = WRAPPERS.some((wrapper) => error instanceof wrapper);
  const { cause } = error as { cause?: unknown };
  return wraps && cause !== undefined ? pgError(cause, connects) : (error as Error);
}
