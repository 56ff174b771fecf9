/**
 * Receives everything that happens in a pool. One per pool; several listeners are composed into one. The calls
 * are synchronous and on the hot path: a sink must be quick, and must not throw (what it throws is dropped).
 */
export interface PoolSink {
  /** Whether durations are wanted. Clocks are read only if so; otherwise every `…Ms` below is 0. */
  readonly timed: boolean;
  /** A resource was lent, `waitMs` after it was asked for. */
  acquired(slot: number, waitMs: number): void;
  /** A resource came back after `useMs`. */
  released(slot: number, useMs: number): void;
  /** A resource was created, which took `ms`. */
  created(slot: number, ms: number): void;
  /** A resource is gone. */
  destroyed(slot: number, reason: string): void;
  /** A caller waited `waitMs` in vain. */
  timedOut(waitMs: number): void;
  /** A resource has been held for longer than `leak.warnAfterMs` by `label`; once per borrowing. */
  leaked(slot: number, label: string, heldMs: number): void;
  /** A lease was released twice, used after its release, … Nothing is corrupted, but the caller has a defect. */
  misused(what: string): void;
  /** The pool moved from one status to another. */
  state(from: string, to: string): void;
}
