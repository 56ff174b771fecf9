import { Diagnosis } from './diagnosis.js';
import type { Engine } from './engine.js';
import type { LeaseEndedError } from './errors.js';
import { Events } from './events.js';
import { Sinks } from './sinks.js';
import { Times } from './times.js';
import type { Slot } from './slot.js';

/** In place of the moment since when somebody waited: nobody did. */
export const UNQUEUED = -1;

/** Tells sinks, listeners and the diagnosis what happens. Where nobody wants to know, the engine does not even call. */
export class Attendant<T> {
  readonly sinks: Sinks;
  readonly events: Events;
  readonly diagnosis: Diagnosis<T>;
  /** Only when asked for. */
  readonly times: Times | undefined;

  constructor(private readonly engine: Engine<T>) {
    this.events = new Events(engine.settings.name);
    this.sinks = new Sinks(this.events);
    this.diagnosis = new Diagnosis(engine);
    this.times = engine.settings.histograms ? new Times() : undefined;
    if (this.times !== undefined) this.sinks.add(this.times);
    this.replan();
  }

  /** Decides again whether borrowings are told to anybody. */
  replan(): void {
    this.engine.observed = this.sinks.any || this.diagnosis.on;
  }

  lent(slot: Slot<T>, since: number): void {
    const { sinks, diagnosis, engine } = this;
    // Who waited has told it when he began to.
    if (since === UNQUEUED) slot.origin = diagnosis.origin();
    if (sinks.timed) slot.lentAt = engine.env.scheduler.now();
    sinks.acquired(slot.id, sinks.timed && since !== UNQUEUED ? slot.lentAt - since : 0);
  }

  returned(slot: Slot<T>): void {
    const { sinks, diagnosis, engine } = this;
    diagnosis.ended(slot);
    sinks.released(slot.id, sinks.timed ? engine.env.scheduler.now() - slot.lentAt : 0);
  }

  reclaimed(slot: Slot<T>, label: string | undefined, reason: string): void {
    this.engine.counters.reclaimed++;
    if (this.engine.observed) this.returned(slot);
    this.events.emit('reclaimed', { slot: slot.id, label: label ?? 'unlabelled', reason });
  }

  misused(error: LeaseEndedError): void {
    this.engine.counters.misuses++;
    this.sinks.misused(error.message);
  }
}
