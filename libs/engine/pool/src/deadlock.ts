import { contextKey, getContext, runInContext } from '@nest-pooling/core';
import type { Engine } from './engine.js';
import { PoolDeadlockError } from './errors.js';

/** What the present asynchronous flow holds; frames of other pools lie further out. */
export interface Held {
  readonly lease: { readonly active: boolean };
  readonly engine: object;
  readonly outer: Held | undefined;
}

const heldKey = contextKey<Held>('pool.held');

/**
 * Notices when everybody who holds a resource waits for another one of the same pool: nobody can go on then, and
 * each would wait for its whole timeout. Sees borrowings by {@link Pool.use}, whose end it can see too.
 */
export class DeadlockDetector<T> {
  /** Leases whose holder waits, and how many of its waits there are. */
  readonly #blocked = new Map<Held['lease'], number>();

  constructor(private readonly engine: Engine<T>) {}

  /** Runs `work` in a flow that is known to hold `lease`. */
  holding<R>(lease: Held['lease'], work: () => R): R {
    return runInContext(heldKey, { lease, engine: this.engine, outer: getContext(heldKey) }, work);
  }

  /** What the present flow holds of this pool, if anything: what it began may outlive the borrowing. */
  held(): Held | undefined {
    const held = getContext(heldKey);
    return [...this.#own(held)].some((lease) => lease.active) ? held : undefined;
  }

  /** A holder begins to wait. Returns the error if nobody is left who could give something back. */
  waits(held: Held): PoolDeadlockError | undefined {
    const { leased, settings, slots } = this.engine;
    // Where one flow holds several, none of them comes back.
    const blocked = new Set([...this.#blocked.keys(), ...this.#own(held)]);
    const stuck = [...blocked].filter((lease) => lease.active).length;
    if (leased === slots.size && leased >= settings.max && stuck >= leased) {
      return new PoolDeadlockError(settings.name, leased);
    }
    for (const lease of this.#own(held)) this.#blocked.set(lease, (this.#blocked.get(lease) ?? 0) + 1);
    return undefined;
  }

  /** A holder no longer waits. */
  goesOn(held: Held): void {
    for (const lease of this.#own(held)) {
      const left = (this.#blocked.get(lease) ?? 1) - 1;
      if (left > 0) this.#blocked.set(lease, left);
      else this.#blocked.delete(lease);
    }
  }

  *#own(innermost: Held | undefined): Generator<Held['lease']> {
    for (let held = innermost; held !== undefined; held = held.outer) {
      if (held.engine === this.engine) yield held.lease;
    }
  }
}
