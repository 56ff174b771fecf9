import type { Timer } from '@nest-pooling/core';
import type { Engine } from './engine.js';
import { PoolClosedError } from './errors.js';
import { CREATING } from './slot.js';

/**
 * How a pool ends. Draining refuses new callers and serves those who wait already; closing refuses them too.
 * Both wait for leases until a deadline, then take the resources away; both end in `closed`, from which
 * nothing leads back.
 */
export class Ending<T> {
  #ended: Promise<void> | undefined;
  #timer: Timer | undefined;
  /** When the leases that are still out are taken away. */
  #cutAt = Infinity;

  constructor(private readonly engine: Engine<T>) {}

  drain(deadlineMs: number): Promise<void> {
    return (this.#ended ??= this.#end(deadlineMs, false));
  }

  close(deadlineMs: number): Promise<void> {
    const already = this.#ended;
    if (already === undefined) return (this.#ended = this.#end(deadlineMs, true));
    // Draining already, with more patience than is left now.
    this.#refuse();
    this.#cutAfter(deadlineMs);
    return already;
  }

  async #end(deadlineMs: number, refuse: boolean): Promise<void> {
    const { engine } = this;
    const from = engine.status;
    engine.status = 'draining';
    engine.replan();
    engine.attendant.sinks.state(from, 'draining');
    engine.idle.push(...engine.parked.splice(0));
    if (refuse) this.#refuse();
    else engine.pump();
    for (const slot of engine.idle.splice(0)) {
      slot.offered = false;
      // One that others still sit on is closed when the last of them leaves.
      if (slot.seated === 0) engine.close(slot, 'pool closed');
    }
    await this.#empty(deadlineMs);
    engine.maker.stop();
    engine.keeper.stop();
    engine.waiting.dispose();
    engine.status = 'closed';
    engine.attendant.sinks.state('draining', 'closed');
  }

  /** Settles when nothing is left: what comes back is destroyed at once, the rest at the deadline. */
  #empty(deadlineMs: number): Promise<void> {
    const { engine } = this;
    return new Promise((resolve) => {
      engine.onGone = () => {
        if (engine.slots.size > 0 || engine.waiting.length > 0) return;
        this.#timer?.cancel();
        this.#cutAt = -Infinity;
        engine.onGone = () => {};
        resolve();
      };
      this.#cutAfter(deadlineMs);
      engine.onGone();
    });
  }

  #cutAfter(ms: number): void {
    const { scheduler } = this.engine.env;
    const at = scheduler.now() + ms;
    if (at >= this.#cutAt) return;
    this.#cutAt = at;
    this.#timer?.cancel();
    this.#timer = scheduler.after(ms, () => this.#cut());
  }

  #cut(): void {
    const { engine } = this;
    this.#refuse();
    engine.examiner.stop();
    engine.leased = 0;
    for (const slot of engine.slots) {
      // Creates under way were aborted above; what they leave behind is theirs to remove.
      if (slot.state !== CREATING) engine.close(slot, 'held beyond the deadline of closing');
    }
  }

  #refuse(): void {
    const { engine } = this;
    engine.maker.stop();
    engine.waiting.failAll(() => new PoolClosedError(engine.settings.name, 'closing'));
  }
}
