import { nearest, type ErrorCategory } from '@nest-pooling/core';
import { PoolingModuleError } from './pooling-module-error.js';

/** A breaker was asked for by a name that neither the module's options nor a route has. */
export class UnknownBreakerError extends PoolingModuleError {
  static override readonly brand = 'UnknownBreakerError';
  /** Always `BREAKER_UNKNOWN`. */
  readonly code = 'BREAKER_UNKNOWN';
  /** The program must be changed. */
  readonly category: ErrorCategory = 'misuse';
  /** The name of the breaker. */
  readonly breaker: string;
  /** The names that exist. */
  readonly known: readonly string[];

  constructor(breaker: string, known: readonly string[], where = '') {
    const near = nearest(breaker, known);
    super(
      `${where}There is no breaker '${breaker}'. ${near === undefined ? '' : `Did you mean '${near}'? `}` +
        `Known breakers: ${known.length === 0 ? 'none' : known.map((name) => `'${name}'`).join(', ')}. ` +
        `Declare it in the breakers of PoolingModule; a route without a name of its own is called 'Controller.method'.`,
    );
    this.breaker = breaker;
    this.known = known;
  }
}

/** Two routes, or a route and the module's options, share a breaker by name but give it different options. */
export class BreakerConflictError extends PoolingModuleError {
  static override readonly brand = 'BreakerConflictError';
  /** Always `BREAKER_CONFLICT`. */
  readonly code = 'BREAKER_CONFLICT';
  /** The program must be changed. */
  readonly category: ErrorCategory = 'misuse';
  /** The name of the breaker. */
  readonly breaker: string;

  constructor(breaker: string, first: string, second: string) {
    super(
      `Breaker '${breaker}' is given different options by ${first} and ${second}; one of them would silently win. ` +
        `Give the options at one place and refer to it by @CircuitBreaker('${breaker}') at the others.`,
    );
    this.breaker = breaker;
  }
}
