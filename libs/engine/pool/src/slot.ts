import type { Engine } from './engine.js';
import type { CheckResult, ResourceInfo } from './factory.js';

/** The states of a slot. Integers, because they are compared on the hot path. */
export const CREATING = 0;
export const IDLE = 1;
export const LEASED = 2;
export const CHECKING = 3;
export const CLOSING = 4;
export const GONE = 5;

/**
 * The engine's record of one resource, from before it is created until it is gone. Never used twice: a late
 * callback of a former life can only meet a slot that says so.
 *
 * Ages are counted in ticks of the keeper, not read from a clock, so that lending and returning stay cheap.
 */
export class Slot<T> implements ResourceInfo {
  state: number = CREATING;
  /** Absent only while creating. */
  resource: T;
  /** Leases made before this number changed are over, whatever their holder believes. */
  generation = 1;
  /** Must be validated before it is lent again. */
  suspect = false;
  /** Why it is destroyed when it comes back. */
  doomed: string | undefined = undefined;
  idleTick = 0;
  /** When it was found to work last. */
  checkedTick = 0;
  createdAt = 0;
  lentTick = 0;
  expiresTick = 0;
  usesLeft = 0;
  /** Who holds it. */
  label: string | undefined = undefined;
  /** The borrowing (by its `lentTick`) whose leak was reported. */
  warnedTick = -1;
  /** When it was lent, by the clock; only when a sink wants durations. */
  lentAt = 0;
  /** Who sits there, where several may; see {@link Seats}. */
  seated = 0;
  /** Has a free seat that the next borrower may have. */
  offered = false;
  /** The worst that was seen of it while others still sat there. */
  verdict: CheckResult = 'ok';
  /** Where it was lent, when stacks are taken. */
  origin: Error | undefined = undefined;
  /** Ends the watch over the present lease's garbage collection. */
  unwatch: (() => void) | undefined = undefined;
  /** Handlers of `use`, made once, so that using costs no closure. */
  readonly done: <R>(result: R) => R;
  readonly failed: (error: unknown) => never;

  get uses(): number {
    return this.engine.settings.maxUses - this.usesLeft;
  }

  get lastUsedAt(): number {
    return this.engine.keeper.timeOf(this.state === LEASED ? this.lentTick : this.idleTick);
  }

  constructor(
    readonly id: number,
    readonly engine: Engine<T>,
  ) {
    this.resource = undefined as T;
    this.done = (result) => {
      engine.giveBack(this);
      return result;
    };
    this.failed = (error) => {
      engine.giveBack(this);
      throw error;
    };
  }
}
