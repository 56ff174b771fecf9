import type { Engine } from './engine.js';
import type { CheckResult } from './factory.js';
import { IDLE, type Slot } from './slot.js';

/**
 * Resources that several borrowers may have at a time (an HTTP/2 session, a gRPC channel): what is different then.
 * `idle` holds every resource with a free seat, so that the fast path still sees at one glance that there is none.
 */
export class Seats<T> {
  constructor(
    private readonly engine: Engine<T>,
    readonly perResource: number,
  ) {}

  /** A seat on the least loaded resource; `undefined` when all that have one must be validated first. */
  take(): Slot<T> | undefined {
    const { idle } = this.engine;
    let best: Slot<T> | undefined;
    // From the end: among equals the one that was used last.
    for (let at = idle.length - 1; at >= 0; at--) {
      const slot = idle[at]!;
      if (!slot.suspect && (best === undefined || slot.seated < best.seated)) best = slot;
      if (best?.seated === 0) break;
    }
    if (best !== undefined && ++best.seated === this.perResource) this.withdraw(best);
    return best;
  }

  /** Nobody sits down on what {@link Seats.take} gave. */
  untake(slot: Slot<T>): void {
    slot.seated--;
    if (!slot.offered) this.offer(slot);
  }

  /** Somebody left a seat. */
  leave(slot: Slot<T>, verdict: CheckResult): void {
    const { engine } = this;
    slot.seated--;
    if (slot.verdict !== 'broken' && verdict !== 'ok') slot.verdict = verdict;
    if (engine.plain && slot.verdict === 'ok' && slot.doomed === undefined && slot.usesLeft > 0) {
      if (!slot.offered) this.offer(slot);
      else if (slot.seated === 0) this.#rest(slot);
      return;
    }
    // Nobody new gets it; those who still sit there stay, and the last one to leave decides.
    this.withdraw(slot);
    if (slot.seated > 0) return;
    const last = slot.verdict;
    slot.verdict = 'ok';
    engine.vacate(slot, last);
  }

  /** Gives the free seats of a resource to those who wait, and keeps what is left for the next. */
  offer(slot: Slot<T>): void {
    const { engine } = this;
    // What was taken off the list to be validated still says that it is on it.
    slot.offered = false;
    while (slot.seated < this.perResource) {
      const waiter = engine.waiting.first;
      if (waiter === undefined) break;
      slot.seated++;
      engine.serve(waiter, slot);
    }
    // Who drains lends its free seats to nobody new.
    if (slot.seated === this.perResource || engine.status === 'draining') return;
    slot.offered = true;
    if (slot.seated === 0) this.#rest(slot);
    (engine.status === 'suspended' ? engine.parked : engine.idle).push(slot);
  }

  /** Nobody new gets a seat on it. */
  withdraw(slot: Slot<T>): void {
    if (!slot.offered) return;
    slot.offered = false;
    for (const list of [this.engine.idle, this.engine.parked]) {
      const at = list.indexOf(slot);
      if (at >= 0) list.splice(at, 1);
    }
  }

  #rest(slot: Slot<T>): void {
    slot.state = IDLE;
    slot.label = undefined;
    slot.idleTick = this.engine.tick;
  }
}
