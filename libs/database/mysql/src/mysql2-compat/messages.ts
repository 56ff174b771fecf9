import { PoolClosedError, PoolCreateTimeoutError, PoolQueueFullError } from '@nest-pooling/pool';
import { NoNodeError, PrimaryUnavailableError } from '@nest-pooling/routing';
import { driverError } from '@nest-pooling/sql/faces';
import { SessionLostError } from '../errors.js';

/** What mysql2 says, word for word: programs look for these texts. */
export const WORDS = {
  ended: 'Pool is closed.',
  full: 'No connections available.',
  queue: 'Queue limit reached.',
  connect: 'connect ETIMEDOUT',
  lost: 'Connection lost: The server closed the connection.',
  closed: "Can't add new command when connection is in closed state",
} as const;

const WRAPPERS = [SessionLostError, PrimaryUnavailableError, NoNodeError] as const;

/** What mysql2 says of a connection that is gone. */
export function lostError(cause?: unknown): Error {
  const error = new Error(WORDS.lost, cause === undefined ? {} : { cause });
  return Object.assign(error, { fatal: true, code: 'PROTOCOL_CONNECTION_LOST' });
}

/** What mysql2 says to a command that comes too late. */
export function closedError(): Error {
  return Object.assign(new Error(WORDS.closed), { fatal: true });
}

/** What an error of ours is to users of mysql2: the driver's own error, or its pool's. Where mysql2 has none, it is ours. */
export function mysql2Error(error: unknown): Error {
  return driverError(error, ownError, WRAPPERS);
}

function ownError(error: unknown): Error | undefined {
  if (error instanceof PoolQueueFullError) return new Error(WORDS.queue, { cause: error });
  if (error instanceof PoolClosedError) return new Error(WORDS.ended, { cause: error });
  if (error instanceof PoolCreateTimeoutError) {
    const late = new Error(WORDS.connect, { cause: error });
    return Object.assign(late, {
      errorno: 'ETIMEDOUT',
      code: 'ETIMEDOUT',
      syscall: 'connect',
      fatal: true,
    });
  }
  const lost = error instanceof SessionLostError && error.cause === undefined;
  return lost ? lostError(error) : undefined;
}

/** "Read only", as a server says it whose primary went elsewhere: 1290, 1792, 1836. mysql2's pool closes such connections, too. */
export function saysReadOnly(error: unknown): boolean {
  const { errno } = (error ?? {}) as { errno?: unknown };
  return errno === 1290 || errno === 1792 || errno === 1836;
}
