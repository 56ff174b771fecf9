import { getContext, labelKey, type Budget, type Env, type ManagedStatus } from '@nest-pooling/core';
import type { AcquireOptions } from './acquire-options.js';
import { Attendant, UNQUEUED } from './attendant.js';
import { Counters } from './counters.js';
import { DeadlockDetector } from './deadlock.js';
import { Examiner } from './examiner.js';
import type { CheckResult, ResourceFactory } from './factory.js';
import { Keeper } from './keeper.js';
import { Lease } from './lease.js';
import { Maker } from './maker.js';
import { bury, prepare, takeSpecially, takeValidated } from './modes.js';
import type { ResolvedSettings } from './options.js';
import { Seats } from './seats.js';
import { CLOSING, IDLE, LEASED, type Slot } from './slot.js';
import { Waiting } from './waiting.js';
import type { Waiter } from './waiter.js';

/**
 * Lends, takes back, and owns every transition of a slot. What it must do fast is one comparison away:
 * `idle` holds only what may be lent at once, so an idle slot implies that nobody waits and that the pool is
 * active; whatever is unusual (suspended, draining, too many) clears `plain` and takes the slow way.
 */
export class Engine<T> {
  status: ManagedStatus = 'starting';
  /** Lendable at once, most recently used last. Empty whenever the pool is not active. */
  idle: Slot<T>[] = [];
  /** Idle while the pool is suspended. */
  parked: Slot<T>[] = [];
  readonly slots = new Set<Slot<T>>();
  readonly counters = new Counters();
  readonly waiting: Waiting<T>;
  readonly maker: Maker<T>;
  readonly keeper: Keeper<T>;
  readonly examiner: Examiner<T>;
  readonly attendant: Attendant<T>;
  /** Only when asked for. */
  readonly deadlocks: DeadlockDetector<T> | undefined;
  /** Only where a resource has several borrowers. */
  readonly seats: Seats<T> | undefined;
  leased = 0;
  peak = 0;
  /** The keeper's clock. */
  tick = 0;
  /** Nothing unusual: what comes back may be lent on as it is. */
  plain = true;
  /** That, and a resource has one borrower: a return may take the fast path. */
  simple = true;
  /** Somebody wants to hear of every borrowing, or to know where it began. */
  observed = false;
  /** Borrowing is not just taking what is on top. */
  readonly #special: boolean;
  /** Idle resources that must go are closed a few at a time. */
  evicting = false;
  /** Called when a slot or a waiter is gone: the end of the pool waits for both. */
  onGone: () => void = () => {};
  readonly #checks: boolean;

  constructor(
    readonly settings: ResolvedSettings,
    readonly factory: ResourceFactory<T>,
    readonly env: Env,
    readonly budget: Budget | undefined,
  ) {
    this.#checks = factory.check !== undefined;
    this.attendant = new Attendant(this);
    this.waiting = new Waiting(this);
    this.maker = new Maker(this);
    this.keeper = new Keeper(this);
    this.examiner = new Examiner(this);
    this.seats = settings.leasesPerResource > 1 ? new Seats(this, settings.leasesPerResource) : undefined;
    this.deadlocks = settings.detectDeadlock ? new DeadlockDetector(this) : undefined;
    this.#special = this.seats !== undefined || settings.freezeCheck === 'borrow';
    this.replan();
  }

  tryAcquire(label: string | undefined): Lease<T> | undefined {
    const slot = this.take();
    if (slot !== undefined) return this.lease(slot, label ?? getContext(labelKey));
    return prepare(this);
  }

  acquire(options: AcquireOptions | undefined): Promise<Lease<T>> {
    if (options === undefined) {
      const slot = this.take();
      if (slot !== undefined) return Promise.resolve(this.lease(slot, getContext(labelKey)));
    }
    return this.waiting.acquire(options);
  }

  /** An idle slot that needs no validation, off the idle list. */
  take(): Slot<T> | undefined {
    const idle = this.idle;
    if (idle.length === 0) return undefined;
    if (this.#special) return takeSpecially(this);
    const slot = idle.pop()!;
    if (!slot.suspect) return slot;
    idle.push(slot);
    return takeValidated(idle);
  }

  lease(slot: Slot<T>, label: string | undefined, since = UNQUEUED): Lease<T> {
    if (this.observed) return this.attendant.diagnosis.watch(new Lease(this.lend(slot, label, since)), slot);
    return new Lease(this.lend(slot, label, since));
  }

  lend(slot: Slot<T>, label: string | undefined, since = UNQUEUED): Slot<T> {
    slot.state = LEASED;
    slot.label = label;
    slot.lentTick = this.tick;
    this.counters.acquired++;
    if (++this.leased > this.peak) this.peak = this.leased;
    if (this.observed) this.attendant.lent(slot, since);
    return slot;
  }

  giveBack(slot: Slot<T>): void {
    if (slot.state !== LEASED) return;
    this.leased--;
    if (this.observed) this.attendant.returned(slot);
    const usesLeft = --slot.usesLeft;
    const verdict = this.#checks ? this.examiner.verdict(slot) : 'ok';
    if (this.simple && verdict === 'ok' && slot.doomed === undefined && usesLeft > 0) this.#free(slot);
    else if (this.seats === undefined) this.vacate(slot, verdict);
    else this.seats.leave(slot, verdict);
  }

  /** The slow way of a return. */
  vacate(slot: Slot<T>, verdict: CheckResult): void {
    this.place(slot, verdict === 'ok' && this.settings.validateOnReturn ? 'validate' : verdict);
  }

  /** Decides what becomes of a slot that nobody holds, with every unusual case considered. */
  place(slot: Slot<T>, verdict: CheckResult | 'validate'): void {
    const { settings } = this;
    const waiters = this.waiting.length;
    slot.suspect = false;
    const ending = this.status === 'closed' || (this.status === 'draining' && waiters === 0);
    const resting = this.idle.length + this.parked.length;
    if (slot.doomed !== undefined) this.close(slot, slot.doomed);
    else if (verdict === 'broken') this.close(slot, 'broken');
    else if (slot.usesLeft <= 0) this.close(slot, 'max uses');
    else if (ending) this.close(slot, 'pool closed');
    else if (this.#tooMany()) this.close(slot, 'pool made smaller');
    else if (verdict !== 'ok') this.examiner.examine(slot, verdict);
    else if (waiters === 0 && resting >= settings.maxIdle && resting >= this.maker.wanted)
      this.close(slot, 'more than maxIdle idle');
    else if (this.seats !== undefined) this.seats.offer(slot);
    else if (this.status === 'suspended') this.#rest(slot, this.parked);
    else this.#free(slot);
  }

  /** Gives a slot to the first in the queue. */
  serve(waiter: Waiter<Lease<T>>, slot: Slot<T>): void {
    this.waiting.leave(waiter);
    // The one who waited borrowed where he began to, not where somebody else gave back.
    slot.origin = waiter.origin;
    waiter.resolve(this.lease(slot, waiter.label, waiter.since));
  }

  /** Sees to it that whoever waits will be served: by an idle slot, by one being checked, or by a new one. */
  pump(): void {
    const { idle, waiting, examiner } = this;
    // Creates under way do not count: they may take long, and what is idle is here.
    while (idle.length > 0 && waiting.length > 0) {
      const slot = this.take();
      const waiter = waiting.first;
      if (slot !== undefined && waiter !== undefined) this.serve(waiter, slot);
      else if (slot !== undefined) this.#untake(slot);
      else if (idle.length > 0 && waiting.length > examiner.checking)
        examiner.examine(idle.pop()!, 'validate');
      else break;
    }
    this.maker.ensure();
  }

  /** Ends a resource. Its place is free only when the other side let go, or after `destroyTimeoutMs`. */
  close(slot: Slot<T>, reason: string): void {
    if (slot.state >= CLOSING) return;
    slot.state = CLOSING;
    slot.generation++;
    slot.label = undefined;
    this.maker.destroy(slot.resource, reason, () => bury(this, slot, reason));
  }

  /** Decides again whether returns may take the fast path. */
  replan(): void {
    const { settings, status } = this;
    this.plain =
      (status === 'active' || status === 'starting') &&
      settings.maxIdle >= settings.max &&
      !settings.validateOnReturn &&
      !this.#tooMany();
    this.simple = this.plain && this.seats === undefined;
  }

  /** Those being created do not count: they may never come, and are closed should they come. */
  #tooMany(): boolean {
    const { slots, maker, settings } = this;
    return slots.size - maker.closing - maker.creating > settings.max;
  }

  #free(slot: Slot<T>): void {
    const waiter = this.waiting.first;
    if (waiter === undefined) this.#rest(slot, this.idle);
    else this.serve(waiter, slot);
  }

  /** Taken for somebody who was dropped under overload, or served, in the meantime. */
  #untake(slot: Slot<T>): void {
    if (this.seats === undefined) this.idle.push(slot);
    else this.seats.untake(slot);
  }

  #rest(slot: Slot<T>, where: Slot<T>[]): void {
    slot.state = IDLE;
    slot.label = undefined;
    slot.idleTick = this.tick;
    where.push(slot);
  }
}
