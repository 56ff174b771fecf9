import { PoolClosedError, PoolCreateTimeoutError, PoolTimeoutError } from '@nest-pooling/pool';
import { NoNodeError, PrimaryUnavailableError } from '@nest-pooling/routing';
import { driverError } from '@nest-pooling/sql/faces';
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

const WRAPPERS = [SessionLostError, PrimaryUnavailableError, NoNodeError] as const;

/** What an error of ours is to users of pg: the driver's own error, or pg.Pool's. Where pg has none, it is ours. */
export function pgError(error: unknown, connects = false): Error {
  return driverError(error, connects ? ofConnecting : ofWaiting, WRAPPERS);
}

const ofConnecting = (error: unknown): Error | undefined => ownError(error, WORDS.noConnection);
const ofWaiting = (error: unknown): Error | undefined => ownError(error, WORDS.noClient);

function ownError(error: unknown, late: string): Error | undefined {
  if (error instanceof PoolTimeoutError) return new Error(late, { cause: error });
  if (error instanceof PoolCreateTimeoutError) return new Error(WORDS.noConnection, { cause: error });
  if (error instanceof PoolClosedError) return new Error(WORDS.ended, { cause: error });
  const lost = error instanceof SessionLostError && error.cause === undefined;
  return lost ? new Error(WORDS.lost, { cause: error }) : undefined;
}
