import { withoutStack } from './error.js';
import type { Scheduler, Timer } from './scheduler.js';

/** Something whose time runs out. Its links are part of it, so that leaving costs the same little at any place. */
export interface Timed<W> {
  /** The one before it among those with the same timeout. */
  earlier: W | undefined;
  /** The one behind it. */
  later: W | undefined;
  /** Where it stands; `undefined` when nothing runs out for it. */
  list: { remove(waiter: W): void; readonly timeoutMs: number } | undefined;
  /** When its time is over, on `scheduler.now()`. */
  readonly deadline: number;
}

/**
 * Those who wait equally long, in the order in which their time runs out, behind one timer for all of them: a
 * timer each would cost more than the rest of an acquire. The timer is not cancelled when its waiter is
 * served; it finds at its moment who is first then.
 */
export class DeadlineList<W extends Timed<W>> {
  #first: W | undefined = undefined;
  #last: W | undefined = undefined;
  #timer: Timer | undefined = undefined;

  /** Lists are made by {@link Deadlines}. */
  constructor(
    /** How long its members wait, in milliseconds. */
    readonly timeoutMs: number,
    private readonly owner: Deadlines<W>,
  ) {}

  /** Adds one whose time begins now. */
  add(waiter: W): void {
    waiter.list = this;
    waiter.earlier = this.#last;
    if (this.#last === undefined) this.#first = waiter;
    else this.#last.later = waiter;
    this.#last = waiter;
    if (this.#timer === undefined) this.#arm(this.timeoutMs);
    else if (this.#first === waiter) this.#timer.ref();
  }

  /** Takes one out: what it waited for came in time, or it has given up. */
  remove(waiter: W): void {
    const { earlier, later } = waiter;
    if (earlier === undefined) this.#first = later;
    else earlier.later = later;
    if (later === undefined) this.#last = earlier;
    else later.earlier = earlier;
    waiter.earlier = undefined;
    waiter.later = undefined;
    waiter.list = undefined;
    // Nobody waits: this timer must not keep the process alive.
    if (this.#first === undefined) this.#timer?.unref();
  }

  /** Drops the timer. */
  dispose(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(ms: number): void {
    // An answer that came while the event loop was blocked lies in the socket until the next I/O phase.
    this.#timer = this.owner.scheduler.after(ms, () => this.owner.scheduler.afterIo(() => this.#expire()));
  }

  #expire(): void {
    if (this.#timer === undefined) return;
    this.#timer = undefined;
    const now = this.owner.scheduler.now();
    // For all of them at once: switching stacks off and on costs as much as an error.
    withoutStack(() => {
      while (this.#first !== undefined && this.#first.deadline <= now) {
        const waiter = this.#first;
        this.remove(waiter);
        this.owner.expire(waiter, now);
      }
    });
    if (this.#first === undefined) this.owner.forget(this);
    else this.#arm(this.#first.deadline - now);
  }
}

/** The lists by timeout: for whoever keeps many that wait, and whose timeouts are mostly the same few. */
export class Deadlines<W extends Timed<W>> {
  readonly #lists = new Map<number, DeadlineList<W>>();

  constructor(
    /** Its time. */
    readonly scheduler: Scheduler,
    /** Told of each whose time is over, after it was taken out, without stacks for the errors it makes. */
    readonly expire: (waiter: W, now: number) => void,
  ) {}

  /** Adds one whose time begins now; the list rounds up to whole milliseconds, and so must its `deadline`. */
  add(waiter: W, timeoutMs: number): void {
    const ms = Math.ceil(timeoutMs);
    let list = this.#lists.get(ms);
    if (list === undefined) this.#lists.set(ms, (list = new DeadlineList(ms, this)));
    list.add(waiter);
  }

  /** A list has nobody any more. */
  forget(list: DeadlineList<W>): void {
    if (this.#lists.get(list.timeoutMs) === list) this.#lists.delete(list.timeoutMs);
  }

  /** Drops every timer; for when nobody waits any more and nobody will. */
  dispose(): void {
    for (const list of this.#lists.values()) list.dispose();
    this.#lists.clear();
  }
}
