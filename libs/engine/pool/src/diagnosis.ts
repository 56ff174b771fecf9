import type { Engine } from './engine.js';
import type { Lease } from './lease.js';
import { reclaim } from './modes.js';
import type { Slot } from './slot.js';

/** One borrowing in so many has its stack taken when stacks are `sampled`. */
const SAMPLE = 64;

/** What is known about borrowings when somebody asked for it: where they began, and whether their lease still exists. */
export class Diagnosis<T> {
  /** Nothing was asked for: the engine does not even call. */
  readonly on: boolean;
  readonly #every: number;
  readonly #collected: boolean;
  #count = 0;

  constructor(private readonly engine: Engine<T>) {
    const { stacks, collected } = engine.settings.leak;
    this.#every = stacks === 'always' ? 1 : stacks === 'sampled' ? SAMPLE : 0;
    this.#collected = collected;
    this.on = this.#every > 0 || collected;
  }

  /** Where somebody borrows; `undefined` unless stacks are taken, and this one is. */
  origin(): Error | undefined {
    return this.#every === 0 || this.#count++ % this.#every !== 0 ? undefined : new Error('lent here');
  }

  /** Takes the resource back should the lease be garbage collected. The watch holds the slot, never the lease. */
  watch(lease: Lease<T>, slot: Slot<T>): Lease<T> {
    if (!this.#collected) return lease;
    const { engine } = this;
    const unwatch = engine.env.onCollected(lease, () => {
      // Another has it by now: that lease was released before it was collected.
      if (slot.unwatch !== unwatch) return;
      slot.unwatch = undefined;
      reclaim(engine, slot, 'its lease was garbage collected without being released');
    });
    slot.unwatch = unwatch;
    return lease;
  }

  ended(slot: Slot<T>): void {
    slot.origin = undefined;
    slot.unwatch?.();
    slot.unwatch = undefined;
  }
}
