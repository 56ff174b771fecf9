import { deadlineKey, Deadlines, getContext, labelKey, scopedSignal, withoutStack } from '@nest-pooling/core';
import type { AcquireOptions } from './acquire-options.js';
import { CoDel } from './codel.js';
import type { Engine } from './engine.js';
import {
  PoolCancelledError,
  PoolClosedError,
  PoolQueueFullError,
  PoolShedError,
  type PoolTimeoutError,
} from './errors.js';
import type { Lease } from './lease.js';
import { Pressure } from './pressure.js';
import { PriorityQueue } from './priority-queue.js';
import { numbersOf } from './stats.js';
import { TimeoutTeller } from './timeout-teller.js';
import { Waiter } from './waiter.js';

const nothing = (): void => {};

/** Takes the two functions out of a promise that is being made: a closure for each who waits would be the dearest part of it. */
const captured: { resolve: (value: never) => void; reject: (error: unknown) => void } = {
  resolve: nothing,
  reject: nothing,
};
const capture = (resolve: (value: never) => void, reject: (error: unknown) => void): void => {
  captured.resolve = resolve;
  captured.reject = reject;
};

/** The slow way of an acquire: refused, or queued until a resource, a deadline, a signal or the end. */
export class Waiting<T> {
  readonly #queue: PriorityQueue<Lease<T>>;
  readonly #deadlines: Deadlines<Waiter<Lease<T>>>;
  readonly #codel: CoDel | undefined;
  readonly #teller: TimeoutTeller<T>;
  readonly pressure: Pressure<T>;
  /** Who began to wait by then was reported as slow. */
  #slowUntil = -Infinity;

  constructor(private readonly engine: Engine<T>) {
    const { priorityAgingMs, shedding } = engine.settings;
    this.#teller = new TimeoutTeller(engine);
    this.pressure = new Pressure(engine);
    this.#queue = new PriorityQueue(priorityAgingMs);
    this.#codel = shedding === undefined ? undefined : new CoDel(shedding);
    this.#deadlines = new Deadlines(engine.env.scheduler, (waiter, now) => this.#expire(waiter, now));
  }

  get length(): number {
    return this.#queue.length;
  }

  /** Who is served next; under overload those who have waited for too long are dropped first. */
  get first(): Waiter<Lease<T>> | undefined {
    const { head } = this.#queue;
    if (this.#codel === undefined || head === undefined) return head;
    // Who waits when a pool drains was promised to be served.
    return this.engine.status === 'draining' ? head : this.#shed(this.#codel, head);
  }

  acquire(options: AcquireOptions | undefined): Promise<Lease<T>> {
    const { engine } = this;
    const { settings, counters, status } = engine;
    const { name } = settings;
    const own = options?.signal;
    if (status === 'draining' || status === 'closed')
      return Promise.reject(new PoolClosedError(name, status));
    if (own?.aborted) return Promise.reject(new PoolCancelledError(name, own.reason));
    if (status === 'starting') engine.keeper.activate();
    const label = options?.label ?? getContext(labelKey);
    const slot = engine.take();
    if (slot !== undefined) return Promise.resolve(engine.lease(slot, label));
    const signal = scopedSignal(own);
    if (signal?.aborted) return Promise.reject(new PoolCancelledError(name, signal.reason));
    const refusal = this.engine.maker.refusal();
    if (refusal !== undefined) {
      counters.refused++;
      return Promise.reject(refusal);
    }
    if (this.length >= settings.maxWaiters) return Promise.reject(this.refused());
    const now = engine.env.scheduler.now();
    const timeoutMs = this.#timeout(options?.timeoutMs ?? settings.acquireTimeoutMs, now);
    if (!(timeoutMs > 0)) {
      counters.timeouts++;
      return Promise.reject(withoutStack(() => this.#teller.error(0, now)));
    }
    const held = engine.deadlocks?.held();
    const deadlock = held === undefined ? undefined : engine.deadlocks?.waits(held);
    if (deadlock !== undefined) {
      counters.refused++;
      return Promise.reject(deadlock);
    }
    const promise = new Promise<Lease<T>>(capture);
    const waiter = new Waiter(captured.resolve as (lease: Lease<T>) => void, captured.reject, label);
    // Else the last lease would stay alive through it, though everybody had forgotten it.
    captured.resolve = nothing;
    captured.reject = nothing;
    // A whole number takes no room of its own. Rounded up: nobody's time may be over too early.
    waiter.since = Math.ceil(now);
    waiter.held = held;
    waiter.origin = engine.attendant.diagnosis.origin();
    this.#queue.push(waiter, options?.priority);
    this.#deadlines.add(waiter, timeoutMs);
    if (signal !== undefined) this.#obey(waiter, signal);
    // Where nothing is idle and nothing can be created, there is nothing to set in motion.
    if (engine.idle.length > 0 || engine.slots.size < settings.max) engine.pump();
    if (waiter.home !== undefined) this.pressure.tell();
    return promise;
  }

  /** Takes a waiter out of everything it is part of; in O(1), wherever it stands. */
  leave(waiter: Waiter<Lease<T>>): void {
    this.#queue.remove(waiter);
    waiter.list?.remove(waiter);
    if (waiter.held !== undefined) this.engine.deadlocks?.goesOn(waiter.held);
    if (waiter.onAbort !== undefined) waiter.signal?.removeEventListener('abort', waiter.onAbort);
  }

  /** Tells once of each who has waited since before `moment`. */
  reportSlow(moment: number, tell: (since: number) => void): void {
    const slow: number[] = [];
    this.#queue.each(({ since }) => {
      if (since > this.#slowUntil && since <= moment) slow.push(since);
    });
    this.#slowUntil = Math.max(this.#slowUntil, moment);
    // Not while walking: whoever is told may end waits.
    for (const since of slow) tell(since);
  }

  /** Ends the wait of all. */
  failAll(make: () => Error): void {
    for (let waiter = this.#queue.head; waiter !== undefined; waiter = this.#queue.head) {
      this.leave(waiter);
      waiter.reject(withoutStack(make));
    }
    this.engine.onGone();
  }

  /** Drops the timers; nobody waits any more and nobody will. */
  dispose(): void {
    this.#deadlines.dispose();
  }

  /** Drops whoever has waited for too long while the queue only delays; returns who is first then. */
  #shed(codel: CoDel, head: Waiter<Lease<T>>): Waiter<Lease<T>> | undefined {
    const { settings, counters, env, attendant } = this.engine;
    const now = env.scheduler.now();
    let first: Waiter<Lease<T>> | undefined = head;
    let count = 0;
    const waitedMs = now - head.since;
    while (first !== undefined && codel.overloaded(now - first.since, now)) {
      const { since } = first;
      const error = withoutStack(
        () => new PoolShedError(settings.name, now - since, codel.targetMs, numbersOf(this.engine)),
      );
      this.leave(first);
      first.reject(error);
      count++;
      first = this.#queue.head;
    }
    if (this.length <= 1) codel.emptied();
    counters.shed += count;
    if (count === 0) return first;
    attendant.events.emit('shed', { count, waitedMs });
    // A listener may have ended the waits of others.
    return this.#queue.head;
  }

  /** The time that is left: the caller's own, or what the scope's deadline leaves of it. */
  #timeout(own: number, now: number): number {
    const deadline = getContext(deadlineKey);
    return deadline === undefined ? own : Math.min(own, deadline - now);
  }

  #obey(waiter: Waiter<Lease<T>>, signal: AbortSignal): void {
    waiter.signal = signal;
    waiter.onAbort = () => {
      this.engine.counters.cancelled++;
      this.leave(waiter);
      waiter.reject(new PoolCancelledError(this.engine.settings.name, signal.reason));
      this.engine.onGone();
    };
    signal.addEventListener('abort', waiter.onAbort, { once: true });
  }

  #expire(waiter: Waiter<Lease<T>>, now: number): void {
    const waitedMs = Math.max(0, now - waiter.since);
    this.leave(waiter);
    waiter.reject(this.expired(waitedMs, now));
    this.engine.onGone();
  }

  /** Somebody has waited in vain: counts it, tells it, and makes the error. */
  expired(waitedMs: number, now: number): PoolTimeoutError {
    const { counters, attendant } = this.engine;
    counters.timeouts++;
    attendant.sinks.timedOut(waitedMs);
    return this.#teller.error(waitedMs, now);
  }

  /** Somebody came when too many waited already: counts it, and makes the error. */
  refused(): PoolQueueFullError {
    const { counters, settings } = this.engine;
    counters.refused++;
    return withoutStack(
      () => new PoolQueueFullError(settings.name, settings.maxWaiters, numbersOf(this.engine)),
    );
  }
}
