import { LeaseEndedError } from './errors.js';
import type { Slot } from './slot.js';

/** A number that no slot's generation ever has. */
const ENDED = 0;

/**
 * One borrowing. Ends with {@link Lease.release} or {@link Lease.discard}; `await using` and `using` release it
 * at the end of the block. A second release, or a use after it, is reported as misuse and corrupts nothing:
 * the lease remembers which borrowing it belongs to.
 */
export class Lease<T> {
  readonly #slot: Slot<T>;
  #generation: number;

  /** Leases are made by a pool. */
  constructor(slot: Slot<T>) {
    this.#slot = slot;
    this.#generation = slot.generation;
  }

  /** The borrowed resource. Throws a {@link LeaseEndedError} after the lease has ended. */
  get resource(): T {
    const slot = this.#slot;
    if (this.#generation !== slot.generation) throw misused(slot, 'used', this.#generation);
    return slot.resource;
  }

  /** Whether the lease has not ended yet. */
  get active(): boolean {
    return this.#generation === this.#slot.generation;
  }

  /** Gives the resource back, at once and synchronously. A second call is reported as misuse. */
  release(): void {
    const slot = this.#slot;
    if (this.#generation !== slot.generation) {
      misused(slot, 'released', this.#generation);
      return;
    }
    this.#generation = ENDED;
    slot.engine.giveBack(slot);
  }

  /** Gives the resource back to be destroyed, because the holder knows that it is no good any more. */
  discard(cause?: unknown): void {
    const slot = this.#slot;
    if (this.#generation !== slot.generation) {
      misused(slot, 'discarded', this.#generation);
      return;
    }
    this.#generation = ENDED;
    slot.doomed = cause instanceof Error ? cause.name : typeof cause === 'string' ? cause : 'discarded';
    slot.engine.giveBack(slot);
  }

  /** Releases, unless the lease has ended already. */
  [Symbol.dispose](): void {
    if (this.active) this.release();
  }

  /** Releases, unless the lease has ended already. */
  [Symbol.asyncDispose](): Promise<void> {
    if (this.active) this.release();
    return Promise.resolve();
  }
}

/** A function and no private method: that would make every lease larger. */
function misused<T>(
  { engine, id }: Slot<T>,
  what: 'used' | 'released' | 'discarded',
  generation: number,
): LeaseEndedError {
  const error = new LeaseEndedError(engine.settings.name, id, what, generation !== ENDED);
  engine.attendant.misused(error);
  return error;
}
