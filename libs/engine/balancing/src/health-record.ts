/**
 * - `in`: in rotation with its full share
 * - `ejected`: out of rotation
 * - `returning`: in rotation again, with a share that grows (slow start)
 * - `drained`: an operator gives it no new work, until it is put back
 * - `maintenance`: an operator works on it: it gets nothing and may fail, until it is put back
 */
export type NodeHealthState = 'in' | 'ejected' | 'returning' | HeldState;

/** The states in which an operator holds a node out of rotation. */
export type HeldState = 'drained' | 'maintenance';

/**
 * What took a node out of rotation.
 *
 * - `failure`: it failed calls or probes
 * - `latency`: it was much slower than its peers; such an ejection may be ignored when too few nodes are left
 * - `operator`: somebody took it out
 */
export type EjectionCause = 'failure' | 'latency' | 'operator';

/** Everything that is known about a node's health. Never changed: each event that matters makes a new one. */
export interface HealthRecord {
  readonly state: NodeHealthState;
  /** When `state` began. */
  readonly since: number;
  /** Before this nothing readmits an ejected node; `Infinity` when an operator took it out. */
  readonly until: number;
  /** Why it is, or was last, out of rotation; `undefined` while in rotation with its full share. */
  readonly reason: string | undefined;
  /** What took it out; `undefined` with `reason`. */
  readonly cause: EjectionCause | undefined;
  /** Ejections in a row. */
  readonly ejections: number;
  /** Timeouts since the last success. */
  readonly timeouts: number;
  /** Failed probes since the last good one; while held they say whether it may return when it is put back. */
  readonly badProbes: number;
  /** Good probes since the last failed one; counted while out of rotation. */
  readonly goodProbes: number;
  /** The share of its weight that it gets: from 0.1 to 1 while returning, else 1. */
  readonly factor: number;
}

/** What happened. */
export type HealthEvent =
  | {
      readonly type: 'hard' | 'timeout' | 'succeeded' | 'probe-good' | 'probe-bad' | 'readmit' | 'put-back';
    }
  | { readonly type: 'eject' | 'outlier'; readonly reason: string }
  | { readonly type: 'hold'; readonly state: HeldState; readonly reason: string };

/** A node that nothing is known against. */
export function healthy(now: number): HealthRecord {
  return {
    state: 'in',
    since: now,
    until: 0,
    reason: undefined,
    cause: undefined,
    ejections: 0,
    timeouts: 0,
    badProbes: 0,
    goodProbes: 0,
    factor: 1,
  };
}

/** Whether a node in this state is in rotation. */
export function admits(state: NodeHealthState): boolean {
  return state === 'in' || state === 'returning';
}

/** Whether an operator holds a node in this state. */
export function isHeld(state: NodeHealthState): state is HeldState {
  return state === 'drained' || state === 'maintenance';
}
