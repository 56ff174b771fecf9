import { PoolingError, type ErrorCategory, type PoolingErrorInit } from '@nest-pooling/core';

/** The codes of this package's errors. */
export type PoolErrorCode =
  | 'POOL_TIMEOUT'
  | 'POOL_QUEUE_FULL'
  | 'POOL_CREATE_FAILED'
  | 'POOL_CREATE_TIMEOUT'
  | 'POOL_CLOSED'
  | 'POOL_ABANDONED'
  | 'POOL_CANCELLED'
  | 'POOL_LEASE_ENDED'
  | 'POOL_SHED'
  | 'POOL_DEADLOCK'
  | 'POOL_KEYS_EXHAUSTED';

/** The numbers of a pool at the moment an error was made. */
export interface PoolNumbers {
  /** Resources that exist. */
  readonly total: number;
  /** Resources that are lent. */
  readonly leased: number;
  /** Resources that are idle. */
  readonly idle: number;
  /** Callers that wait. */
  readonly waiting: number;
  /** The most that may exist. */
  readonly max: number;
}

/** The base of every error of the pool engine. */
export abstract class PoolError extends PoolingError {
  static override readonly brand: string = 'PoolError';
  abstract override readonly code: PoolErrorCode;
  /** The pool's name. */
  readonly pool: string;

  constructor(pool: string, message: string, init?: PoolingErrorInit) {
    super(`${pool}: ${message}`, init);
    this.pool = pool;
  }
}

/** No resource became free in time. The message carries the numbers and the oldest holders; the cause, the last failed create. */
export class PoolTimeoutError extends PoolError {
  static override readonly brand = 'PoolTimeoutError';
  readonly code = 'POOL_TIMEOUT';
  readonly category: ErrorCategory = 'unavailable';
  /** The pool's numbers when the wait ended. */
  readonly numbers: PoolNumbers;

  constructor(pool: string, text: string, numbers: PoolNumbers, init: PoolingErrorInit) {
    super(pool, text, init);
    this.numbers = numbers;
  }
}

/** So many callers wait already that one more is refused at once. */
export class PoolQueueFullError extends PoolError {
  static override readonly brand = 'PoolQueueFullError';
  readonly code = 'POOL_QUEUE_FULL';
  readonly category: ErrorCategory = 'unavailable';

  constructor(pool: string, maxWaiters: number, numbers: PoolNumbers) {
    super(
      pool,
      `refused, because maxWaiters (${maxWaiters}) callers wait already (${tell(numbers)}). Retry later.`,
      {
        retryAfterMs: 1_000,
      },
    );
  }
}

/** No resource can be created at the moment; the cause is the last failure. Callers fail fast instead of each trying. */
export class PoolCreateError extends PoolError {
  static override readonly brand = 'PoolCreateError';
  readonly code = 'POOL_CREATE_FAILED';
  readonly category: ErrorCategory = 'unavailable';

  constructor(pool: string, failures: number, retryAfterMs: number, cause: unknown) {
    super(
      pool,
      `no resource can be created (${failures} ${failures === 1 ? 'failure' : 'failures'} in a row); ` +
        `the next attempt is due in ${Math.ceil(retryAfterMs)} ms. See the cause.`,
      { cause, retryAfterMs },
    );
  }
}

/** One create took longer than `createTimeoutMs`; should it still come, its result is destroyed. */
export class PoolCreateTimeoutError extends PoolError {
  static override readonly brand = 'PoolCreateTimeoutError';
  readonly code = 'POOL_CREATE_TIMEOUT';
  readonly category: ErrorCategory = 'unavailable';

  constructor(pool: string, createTimeoutMs: number) {
    super(pool, `creating a resource took longer than createTimeoutMs (${createTimeoutMs} ms).`);
  }
}

/** The pool is overloaded, and waiters beyond what it can serve soon are dropped early so that the others are. */
export class PoolShedError extends PoolError {
  static override readonly brand = 'PoolShedError';
  readonly code = 'POOL_SHED';
  readonly category: ErrorCategory = 'unavailable';

  constructor(pool: string, waitedMs: number, targetMs: number, numbers: PoolNumbers) {
    super(
      pool,
      `overloaded: dropped after ${Math.round(waitedMs)} ms, because waits stay above shedding.targetMs ` +
        `(${targetMs} ms; ${tell(numbers)}). Retry later, offer less, or raise max.`,
      { retryAfterMs: 1_000 },
    );
  }
}

/** Everybody who holds a resource of the pool waits for another one of it. */
export class PoolDeadlockError extends PoolError {
  static override readonly brand = 'PoolDeadlockError';
  readonly code = 'POOL_DEADLOCK';
  readonly category: ErrorCategory = 'misuse';

  constructor(pool: string, holders: number) {
    super(
      pool,
      `all ${holders} holders wait for a second resource of the same pool while they hold their first: nobody can go on. ` +
        'Pass the borrowed resource on instead of borrowing again, or release it before.',
    );
  }
}

/** The pool is draining or closed. */
export class PoolClosedError extends PoolError {
  static override readonly brand = 'PoolClosedError';
  readonly code = 'POOL_CLOSED';
  readonly category: ErrorCategory = 'unavailable';

  constructor(pool: string, status: string) {
    super(pool, `the pool is ${status} and lends nothing any more.`);
  }
}

/** The pool's owner gave up on everybody who was waiting, for instance because the server is gone. */
export class PoolAbandonedError extends PoolError {
  static override readonly brand = 'PoolAbandonedError';
  readonly code = 'POOL_ABANDONED';
  readonly category: ErrorCategory = 'unavailable';

  constructor(pool: string, reason: string) {
    super(pool, `waiting was ended: ${reason}.`);
  }
}

/** The caller's own signal ended the wait. The cause is the signal's reason. */
export class PoolCancelledError extends PoolError {
  static override readonly brand = 'PoolCancelledError';
  readonly code = 'POOL_CANCELLED';
  readonly category: ErrorCategory = 'cancelled';

  constructor(pool: string, cause: unknown) {
    super(pool, 'waiting for a resource was cancelled by the signal of the caller.', { cause });
  }
}

/** A lease was used or ended after its end. */
export class LeaseEndedError extends PoolError {
  static override readonly brand = 'LeaseEndedError';
  readonly code = 'POOL_LEASE_ENDED';
  readonly category: ErrorCategory = 'misuse';

  constructor(pool: string, slot: number, what: string, reclaimed: boolean) {
    super(
      pool,
      `a lease of resource ${slot} was ${what} after its end. ` +
        (reclaimed
          ? 'The pool had taken the resource back meanwhile (it was closed, or the lease was held for too long).'
          : 'Release each lease once, and do not keep its resource beyond that.'),
    );
  }
}

/** What a {@link PoolTimeoutError} says. */
export function timeoutText(
  waitedMs: number,
  numbers: PoolNumbers,
  holders: string,
  stallMs: number,
  cause: unknown,
): string {
  const held = holders ? `; oldest holders: ${holders}` : '';
  const stall = stallMs > 0 ? `; this process's event loop was blocked for ${Math.round(stallMs)} ms` : '';
  const advice =
    cause === undefined
      ? 'Raise max, hold resources for a shorter time, or raise acquireTimeoutMs.'
      : 'The last attempt to create one failed, see the cause.';
  return `no resource became free within ${waitedMs} ms (${tell(numbers)})${held}${stall}. ${advice}`;
}

/** The pool's numbers as one line. */
function tell(n: PoolNumbers): string {
  return `max=${n.max}, total=${n.total}, leased=${n.leased}, idle=${n.idle}, waiting=${n.waiting}`;
}
