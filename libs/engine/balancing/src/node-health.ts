import { systemEnv, type Env } from '@nest-pooling/core';
import { resolveHealthOptions, type NodeHealthOptions } from './health-options.js';
import {
  admits,
  healthy,
  type EjectionCause,
  type HealthEvent,
  type HealthRecord,
  type HeldState,
  type NodeHealthState,
} from './health-record.js';
import { nextHealth } from './health-transition.js';

/**
 * How a node failed.
 *
 * - `hard`: it refused, reset or announced that it goes down; ejects at once
 * - `timeout`: it did not answer in time; some in a row eject
 * - `probe`: a probe failed, the same as `probed(false)`
 */
export type NodeFailure = 'hard' | 'timeout' | 'probe';

/** A change of {@link NodeHealth.state}. */
export interface NodeHealthChange {
  /** The node's name. */
  readonly node: string;
  /** The state that ended. */
  readonly from: NodeHealthState;
  /** The state that began. */
  readonly to: NodeHealthState;
  /** Why it was taken out; `undefined` once it has its full share again. */
  readonly reason: string | undefined;
  /** What took it out; `undefined` with `reason`. */
  readonly cause: EjectionCause | undefined;
  /** Ejections in a row, this one included. */
  readonly ejections: number;
}

const HARD: HealthEvent = { type: 'hard' };
const TIMEOUT: HealthEvent = { type: 'timeout' };
const SUCCEEDED: HealthEvent = { type: 'succeeded' };
const PROBE_GOOD: HealthEvent = { type: 'probe-good' };
const PROBE_BAD: HealthEvent = { type: 'probe-bad' };
const READMIT: HealthEvent = { type: 'readmit' };
const PUT_BACK: HealthEvent = { type: 'put-back' };

/**
 * The health of one node: takes it out of rotation when it fails, lets it come back when probes succeed, with a share that
 * grows slowly (outlier detection and slow start, as known from Envoy). It has no timer and asks nobody anything: whoever
 * sends the probes reports them by {@link probed}, also while the node is ejected, or it never comes back.
 *
 * Nothing that a stalled event loop of our own would explain should be reported: see `Scheduler.lastStallMs`.
 */
export class NodeHealth {
  /** The node's name. */
  readonly node: string;
  readonly #options: Required<NodeHealthOptions>;
  readonly #env: Env;
  #record: HealthRecord;
  #listeners: readonly ((change: NodeHealthChange) => void)[] = [];

  /** @throws OptionsError (`OPTIONS_INVALID`) that lists every wrong option */
  constructor(node: string, options: NodeHealthOptions = {}, env: Env = systemEnv) {
    this.node = node;
    this.#options = resolveHealthOptions(node, options);
    this.#env = env;
    this.#record = healthy(env.scheduler.now());
  }

  /** In rotation (`in`, `returning`) or not (`ejected`, `drained`, `maintenance`). */
  get state(): NodeHealthState {
    return this.#record.state;
  }

  /** Whether the node is in rotation. */
  get admits(): boolean {
    return admits(this.#record.state);
  }

  /** What to multiply the node's weight with: from 0.1 to 1 while returning, else 1. Computed anew at each probe, not when read. */
  get factor(): number {
    return this.#record.factor;
  }

  /** Why the node is out of rotation, or was before it began to return; `undefined` in state `in`. For humans. */
  get reason(): string | undefined {
    return this.#record.reason;
  }

  /** What took the node out, or had before it began to return; `undefined` in state `in`. */
  get cause(): EjectionCause | undefined {
    return this.#record.cause;
  }

  /** Whether it is ejected for its failures, but has answered its last probe: whoever has nobody else may try it. */
  get suspect(): boolean {
    const { state, cause, goodProbes } = this.#record;
    return state === 'ejected' && cause !== 'operator' && goodProbes > 0;
  }

  /** When the present state began, on `scheduler.now()`. */
  get since(): number {
    return this.#record.since;
  }

  /**
   * Until when an ejected node stays out whatever its probes say, on `scheduler.now()`; `Infinity` when an operator took it
   * out; `undefined` when it is in rotation.
   */
  get until(): number | undefined {
    return this.admits ? undefined : this.#record.until;
  }

  /** Ejections in a row: 0 again after `forgetAfterMs` in rotation. One outage counts once. */
  get ejections(): number {
    return this.#record.ejections;
  }

  /** A call to the node failed in a way that is the node's fault. Ignored while ejected: it was begun before. */
  failed(failure: NodeFailure): void {
    this.#apply(failure === 'hard' ? HARD : failure === 'timeout' ? TIMEOUT : PROBE_BAD);
  }

  /** A call to the node succeeded. Costs a comparison: it is called for every statement. */
  succeeded(): void {
    if (this.#record.timeouts !== 0) this.#apply(SUCCEEDED);
  }

  /** A probe was answered well, or not. Also moves the slow start on. */
  probed(ok: boolean): void {
    this.#apply(ok ? PROBE_GOOD : PROBE_BAD);
  }

  /** The node is much slower than its peers; counts as a failure, of the cause `latency`. See {@link LatencyOutliers}. */
  outlier(reason: string): void {
    this.#apply({ type: 'outlier', reason });
  }

  /**
   * An operator takes the node out until {@link putBack}; nothing else ends it. `drained` for a node that works and is to
   * get no new work, `maintenance` for one that may fail meanwhile. Probes are to go on: a node that does not answer when it is put
   * back stays ejected until it does. From one of the two to the other, or to another reason, it may be changed.
   */
  hold(state: HeldState, reason: string): void {
    this.#apply({ type: 'hold', state, reason });
  }

  /** Ends {@link hold}: the node returns, slowly, or is ejected if it failed its last probe. Else does nothing. */
  putBack(): void {
    this.#apply(PUT_BACK);
  }

  /**
   * Takes the node out until {@link readmit}, whatever its probes say. Not counted in {@link ejections}: the node did nothing. While
   * an operator holds it this does nothing.
   */
  eject(reason: string): void {
    this.#apply({ type: 'eject', reason });
  }

  /** Lets an ejected node return now, without waiting for time or probes, by whomever it was ejected. Else, also while an operator holds it, does nothing. */
  readmit(): void {
    this.#apply(READMIT);
  }

  /**
   * Calls `listener` after each change of state, within the call that changed it. What it throws is dropped: a broken observer
   * must not keep a node in rotation.
   *
   * @returns the function that removes it
   */
  onChange(listener: (change: NodeHealthChange) => void): () => void {
    // Wrapped, so that a listener that was added twice is removed once.
    const added = (change: NodeHealthChange): void => listener(change);
    this.#listeners = [...this.#listeners, added];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== added);
    };
  }

  #apply(event: HealthEvent): void {
    const before = this.#record;
    const after = nextHealth(before, event, this.#env.scheduler.now(), this.#options, this.#env.random);
    this.#record = after;
    if (after.state === before.state) return;
    const { state: to, reason, cause, ejections } = after;
    const change: NodeHealthChange = { node: this.node, from: before.state, to, reason, cause, ejections };
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch {
        // See onChange.
      }
    }
  }
}
