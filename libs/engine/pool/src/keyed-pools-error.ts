import type { ErrorCategory } from '@nest-pooling/core';
import { PoolError } from './errors.js';

/** Another pool is needed, `maxPools` are open, and every one of them is in use. */
export class PoolKeysExhaustedError extends PoolError {
  static override readonly brand = 'PoolKeysExhaustedError';
  readonly code = 'POOL_KEYS_EXHAUSTED';
  readonly category: ErrorCategory = 'unavailable';

  constructor(pool: string, key: string | number, maxPools: number) {
    super(
      pool,
      `no pool can be opened for the key '${key}', because maxPools (${maxPools}) are open and all of ` +
        'them are in use. Retry later, raise maxPools, or hold resources for a shorter time.',
      { retryAfterMs: 1_000 },
    );
  }
}
