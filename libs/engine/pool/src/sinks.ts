import type { Events } from './events.js';
import type { PoolSink } from './sink.js';

/** Hands events to any number of sinks, and what is rare also to listeners; one that throws disturbs neither the pool nor the others. */
export class Sinks implements PoolSink {
  timed = false;
  #sinks: readonly PoolSink[] = [];

  constructor(readonly events: Events) {}

  /** Whether a sink listens at all. */
  get any(): boolean {
    return this.#sinks.length > 0;
  }

  add(sink: PoolSink): () => void {
    this.#set([...this.#sinks, sink]);
    let added = true;
    return () => {
      if (!added) return;
      added = false;
      // One of them: it may have been added twice.
      this.#set(this.#sinks.toSpliced(this.#sinks.indexOf(sink), 1));
    };
  }

  acquired(slot: number, waitMs: number): void {
    this.#each((sink) => sink.acquired(slot, waitMs));
  }

  released(slot: number, useMs: number): void {
    this.#each((sink) => sink.released(slot, useMs));
  }

  created(slot: number, ms: number): void {
    this.#each((sink) => sink.created(slot, ms));
    if (this.events.wants('created')) this.events.emit('created', { slot, ms });
  }

  destroyed(slot: number, reason: string): void {
    this.#each((sink) => sink.destroyed(slot, reason));
    if (this.events.wants('destroyed')) this.events.emit('destroyed', { slot, reason });
  }

  timedOut(waitedMs: number): void {
    this.#each((sink) => sink.timedOut(waitedMs));
    if (this.events.wants('timeout')) this.events.emit('timeout', { waitedMs });
  }

  leaked(slot: number, label: string, heldMs: number, stack?: string): void {
    this.#each((sink) => sink.leaked(slot, label, heldMs));
    if (this.events.wants('leak')) this.events.emit('leak', { slot, label, heldMs, stack });
  }

  misused(what: string): void {
    this.#each((sink) => sink.misused(what));
    if (this.events.wants('misuse')) this.events.emit('misuse', { what });
  }

  state(from: string, to: string): void {
    this.#each((sink) => sink.state(from, to));
    if (this.events.wants('state')) this.events.emit('state', { from, to });
  }

  #set(sinks: readonly PoolSink[]): void {
    this.#sinks = sinks;
    this.timed = sinks.some((sink) => sink.timed);
  }

  #each(call: (sink: PoolSink) => void): void {
    for (const sink of this.#sinks) {
      try {
        call(sink);
      } catch {
        // A listener's defect is not the pool's; its own errors are its own business.
      }
    }
  }
}
