import type { ErrorCategory } from '@nest-pooling/core';
import { ResilienceError } from './error.js';

/** As many calls as may run and wait do so already; nothing was called. */
export class BulkheadFullError extends ResilienceError {
  static override readonly brand = 'BulkheadFullError';
  /** Always `BULKHEAD_FULL`. */
  readonly code = 'BULKHEAD_FULL';
  /** Later there may be room. */
  readonly category: ErrorCategory = 'unavailable';

  constructor(
    /** The bulkhead's name. */
    readonly bulkhead: string,
    /** Calls that ran. */
    readonly active: number,
    /** Calls that waited. */
    readonly waiting: number,
  ) {
    super(
      `Bulkhead '${bulkhead}' is full: ${active} calls run and ${waiting} wait. The call was not made. Send fewer at a time, or raise ` +
        'maxConcurrent if what stands behind it can bear more.',
    );
  }
}

/** A call waited for room in vain; nothing was called. */
export class BulkheadTimeoutError extends ResilienceError {
  static override readonly brand = 'BulkheadTimeoutError';
  /** Always `BULKHEAD_TIMEOUT`. */
  readonly code = 'BULKHEAD_TIMEOUT';
  /** There was no room in time. */
  readonly category: ErrorCategory = 'unavailable';

  constructor(
    /** The bulkhead's name. */
    readonly bulkhead: string,
    /** How long it waited, in milliseconds. */
    readonly waitedMs: number,
    /** Calls that ran at the end. */
    readonly active: number,
  ) {
    super(
      `Bulkhead '${bulkhead}' had no room for ${Math.round(waitedMs)} ms: ${active} calls run. The call was not made. Find out why they take so ` +
        'long, or raise maxConcurrent or queueTimeoutMs.',
    );
  }
}
