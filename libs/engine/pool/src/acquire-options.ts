import type { AcquirePriority } from './priority-queue.js';

/** Options of one acquire. */
export interface AcquireOptions {
  /**
   * How long to wait at most, in milliseconds, for queue, creation and validation together. `0` never waits.
   * Default: the pool's `acquireTimeoutMs`, or what is left of the scope's deadline if that is less.
   */
  readonly timeoutMs?: number;
  /** Ends the wait when it aborts, as the scope's signal does. It has no effect on a lease that was given already. */
  readonly signal?: AbortSignal;
  /** Who is served first when several wait; see `priorityAgingMs`. Default `normal`. */
  readonly priority?: AcquirePriority;
  /** Who borrows, for timeout errors and leak reports: `OrdersService.report`. Default: the scope's label. */
  readonly label?: string;
}
