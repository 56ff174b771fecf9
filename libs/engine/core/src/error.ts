const BRAND = Symbol.for('nest-pooling.error');

/**
 * What an error means for the one who called, whatever resource it came from. Faces that translate errors
 * (HTTP status, RPC exceptions) look at this alone, so that resources they do not know translate well too.
 *
 * - `unavailable`: the resource cannot serve now; trying again later may help (HTTP 503)
 * - `timeout`: it was asked but did not answer within the deadline (HTTP 504)
 * - `conflict`: another change got in the way; the same request may succeed when repeated (HTTP 409)
 * - `cancelled`: the caller itself gave up
 * - `failed`: the resource answered with an error (a constraint, a syntax error, …)
 * - `misuse`: the program uses the library wrongly: fix the code or the configuration
 */
export type ErrorCategory = 'unavailable' | 'timeout' | 'conflict' | 'cancelled' | 'failed' | 'misuse';

/** What every error of the family is made from. */
export interface PoolingErrorInit {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** A hint when to try again, in milliseconds; becomes `Retry-After` over HTTP. */
  readonly retryAfterMs?: number;
}

/**
 * The base of every error of nest-pooling. `instanceof` works by brand, so that it survives a package that is
 * installed twice (idea: undici); `code` is stable and may be relied on, `message` is for humans and may
 * change.
 */
export abstract class PoolingError extends Error {
  /** The brand under which {@link PoolingError} and every subclass recognise their instances. */
  static readonly brand: string = 'PoolingError';
  /** A stable, documented word such as `POOL_TIMEOUT`. */
  abstract readonly code: string;
  /** What the error means for the caller; see {@link ErrorCategory}. */
  abstract readonly category: ErrorCategory;
  /** A hint when to try again, in milliseconds; `undefined` when there is none. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, init: PoolingErrorInit = {}) {
    super(message, 'cause' in init ? { cause: init.cause } : undefined);
    this.retryAfterMs = init.retryAfterMs;
    // Once for each class: errors come in bursts of thousands.
    if (!Object.hasOwn(new.target.prototype, BRAND)) brandPrototype(new.target);
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // A subclass without a brand of its own (a user's) is told apart the ordinary way.
    if (!Object.hasOwn(this, 'brand')) return Function.prototype[Symbol.hasInstance].call(this, value);
    if (typeof value !== 'object' || value === null) return false;
    const brands = (value as { [BRAND]?: unknown })[BRAND];
    return Array.isArray(brands) && brands.includes(this.brand);
  }
}

function brandPrototype(target: typeof PoolingError): void {
  const { prototype } = target;
  Object.defineProperty(prototype, 'name', { value: target.brand, configurable: true, writable: true });
  Object.defineProperty(prototype, BRAND, { value: brandsOf(target) });
}

function brandsOf(target: typeof PoolingError): readonly string[] {
  const brands: string[] = [];
  for (
    let at = target;
    typeof at?.brand === 'string';
    at = Object.getPrototypeOf(at) as typeof PoolingError
  ) {
    if (Object.hasOwn(at, 'brand')) brands.push(at.brand);
  }
  return brands;
}

/**
 * Makes an error, or many of them, without capturing a stack: a stack costs 2.5 µs, and the one of a timeout points into the
 * engine's timer, which helps nobody. Used where errors come in thousands.
 */
export function withoutStack<R>(make: () => R): R {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = limit;
  }
}
