import { PoolingError, type ErrorCategory, type PoolingErrorInit } from '@nest-pooling/core';

/** The codes of this package's errors. */
export type RoutingErrorCode =
  | 'ROUTING_NO_NODE'
  | 'ROUTING_PRIMARY_UNAVAILABLE'
  | 'ROUTING_READ_ONLY'
  | 'ROUTING_FALLBACK_REFUSED'
  | 'ROUTING_NOT_CAUGHT_UP'
  | 'ROUTING_POSITION_UNKNOWN'
  | 'ROUTING_RETRY_BUDGET'
  | 'ROUTING_TOKENS_OFF';

/** The base of every error of the router. */
export abstract class RoutingError extends PoolingError {
  static override readonly brand: string = 'RoutingError';
  abstract override readonly code: RoutingErrorCode;
  /** The router's name. */
  readonly pool: string;

  constructor(pool: string, message: string, init?: PoolingErrorInit) {
    super(`${pool}: ${message}`, init);
    this.pool = pool;
  }
}

/** No node could serve a read: all were tried or are out of rotation. The cause is the last failure. */
export class NoNodeError extends RoutingError {
  static override readonly brand = 'NoNodeError';
  readonly code = 'ROUTING_NO_NODE';
  readonly category: ErrorCategory = 'unavailable';
  /** The nodes that were tried, in order. */
  readonly tried: readonly string[];

  constructor(
    pool: string,
    /** Why each of them failed, by its id; `undefined` where that is not known. */
    readonly failures: ReadonlyMap<string, unknown>,
    cause: unknown,
  ) {
    const tried = [...failures].map(([id, error]) =>
      error instanceof PoolingError ? `${id} (${error.code})` : id,
    );
    const fact = tried.length === 0 ? 'no node is in rotation' : `the read failed on ${tried.join(', ')}`;
    super(pool, `${fact}, and there is no other node. The nodes are probed all the time; retry later.`, {
      cause,
      retryAfterMs: 1_000,
    });
    this.tried = [...failures.keys()];
  }
}

/** There is no primary that answers, or none that is known, and what was to be written was not sent. */
export class PrimaryUnavailableError extends RoutingError {
  static override readonly brand = 'PrimaryUnavailableError';
  readonly code = 'ROUTING_PRIMARY_UNAVAILABLE';
  readonly category: ErrorCategory = 'unavailable';

  constructor(pool: string, node: string | undefined, cause: unknown, more?: string) {
    const fact =
      node === undefined ? 'no node says that it is the primary' : `the primary ${node} does not answer`;
    const and = more === undefined ? '' : `, and ${more}`;
    const retryAfterMs = (cause instanceof PoolingError ? cause.retryAfterMs : undefined) ?? 1_000;
    super(pool, `${fact}${and}; the statement was not sent. Retry later.`, { cause, retryAfterMs });
  }
}

/** The router was made read-only by {@link ReadReplicaRouter.readOnly}. */
export class ReadOnlyError extends RoutingError {
  static override readonly brand = 'ReadOnlyError';
  readonly code = 'ROUTING_READ_ONLY';
  readonly category: ErrorCategory = 'unavailable';

  constructor(pool: string, reason: string) {
    super(pool, `writes are refused at the moment: ${reason}.`, { retryAfterMs: 1_000 });
  }
}

/** The primary takes no more reads that should be on a replica: its pool is for writes first. */
export class FallbackRefusedError extends RoutingError {
  static override readonly brand = 'FallbackRefusedError';
  readonly code = 'ROUTING_FALLBACK_REFUSED';
  readonly category: ErrorCategory = 'unavailable';
  /** Reads that it runs now and that should be on a replica. */
  readonly active: number;
  /** How many of them it takes at a time. */
  readonly limit: number;

  constructor(pool: string, active: number, waiting: number, limit: number) {
    super(
      pool,
      `no replica can serve the read, and the primary already runs ${active} such reads (limit ${limit}, ${waiting} wait). Retry later, or raise routing.fallback.share.`,
      { retryAfterMs: 1_000 },
    );
    this.active = active;
    this.limit = limit;
  }
}
