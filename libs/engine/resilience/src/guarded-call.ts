import type { CircuitBreaker, Permit } from './circuit-breaker.js';

/** Who is told how a call ended. */
type Told = Pick<CircuitBreaker, 'succeed' | 'fail'>;

/**
 * What a promise calls when a guarded call ends. Two functions, made once and used for many calls: made for each they would cost as much
 * as all the rest.
 */
export class GuardedCall {
  /** The permit of the call. */
  permit: Permit = 0;
  /** When it began. */
  began = 0;
  /** The next one that is free, while this one is. */
  next: GuardedCall | undefined;
  /** Tells of the success, and passes the value on. */
  readonly succeeded: <R>(value: R) => R;
  /** Tells of the failure, and passes the error on. */
  readonly failed: (error: unknown) => never;

  constructor(told: Told, free?: FreeCalls) {
    this.succeeded = (value) => {
      told.succeed(this.permit, this.began);
      free?.give(this);
      return value;
    };
    this.failed = (error) => {
      told.fail(this.permit, error, this.began);
      free?.give(this);
      throw error;
    };
  }
}

/** More than these are not kept: those of a burst would stay for ever. */
const KEPT = 256;

/** For calls that cannot share: each has a permit, or a beginning, of its own. As many are kept as were under way at a time. */
export class FreeCalls {
  readonly #told: Told;
  #first: GuardedCall | undefined;
  #free = 0;

  constructor(told: Told) {
    this.#told = told;
  }

  /** One for this call; it comes back by itself when the call has ended. */
  take(permit: Permit, began: number): GuardedCall {
    let call = this.#first;
    if (call === undefined) call = new GuardedCall(this.#told, this);
    else {
      this.#first = call.next;
      this.#free--;
    }
    call.permit = permit;
    call.began = began;
    return call;
  }

  /** It has ended. */
  give(call: GuardedCall): void {
    if (this.#free === KEPT) return;
    this.#free++;
    call.next = this.#first;
    this.#first = call;
  }
}
