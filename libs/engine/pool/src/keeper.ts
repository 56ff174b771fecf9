import type { Timer } from '@nest-pooling/core';
import type { AdaptiveSizer } from './adaptive.js';
import type { Engine } from './engine.js';
import { holdersText } from './holders.js';
import { reclaim, resize, sweep } from './modes.js';
import { sizerOf } from './options.js';
import { numbersOf } from './stats.js';
import { IDLE, LEASED, type Slot } from './slot.js';
import { tickOf } from './tick.js';

/** How many idle resources are validated at a time while nobody needs them. */
const BACKGROUND = 2;
/** A keeper that is late by so many ticks did not run. */
const FROZEN_TICKS = 3;

/**
 * Looks at all resources now and then: closes what is idle for too long or too old, marks what must be
 * validated before it is lent, reports leaks. Its tick is the clock by which slots age.
 */
export class Keeper<T> {
  readonly tickMs: number;
  #timer: Timer | undefined;
  #began = 0;
  #belowMinSince: number | undefined;
  readonly #sizer: AdaptiveSizer | undefined;

  constructor(private readonly engine: Engine<T>) {
    this.#sizer = sizerOf(engine.settings);
    if (this.#sizer !== undefined) engine.settings.max = this.#sizer.target;
    this.tickMs = tickOf(engine.settings);
  }

  /** The pool begins to work. */
  activate(): void {
    const { engine } = this;
    if (engine.status !== 'starting') return;
    this.#began = engine.env.scheduler.now();
    engine.status = 'active';
    engine.attendant.sinks.state('starting', 'active');
    this.#observeMin();
    this.#arm();
  }

  /** Sets when a new resource expires. */
  born(slot: Slot<T>): void {
    const { settings, env, tick } = this.engine;
    const share = 1 - settings.lifetimeJitter * env.random();
    slot.usesLeft = settings.maxUses;
    slot.createdAt = env.scheduler.now();
    slot.checkedTick = tick;
    slot.expiresTick =
      settings.maxLifetimeMs === Infinity
        ? Infinity
        : tick + Math.max(1, Math.round((settings.maxLifetimeMs * share) / this.tickMs));
    this.#observeMin();
  }

  /** How long there have been fewer resources than `min`, in milliseconds. */
  belowMinMs(): number {
    this.#observeMin();
    return this.#belowMinSince === undefined ? 0 : this.engine.env.scheduler.now() - this.#belowMinSince;
  }

  /** Notices that the process was frozen, before its timers do. */
  catchUp(): void {
    if (this.engine.env.scheduler.now() - this.timeOf(this.engine.tick) > FROZEN_TICKS * this.tickMs)
      this.#look();
  }

  /** The moment of a tick, by the clock. */
  timeOf(tick: number): number {
    return this.#began + tick * this.tickMs;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    const { engine } = this;
    // At the moment the next tick begins: were each a little later than the last, ages would be counted too high.
    const { scheduler } = engine.env;
    // That moment may be rounded to one at which it has not quite begun: it would be looked for at once, again and again.
    const ms = Math.max(1, this.timeOf(engine.tick + 1) - scheduler.now());
    this.#timer = scheduler.after(ms, () => this.#look());
    this.#timer.unref();
  }

  #look(): void {
    const { engine } = this;
    this.#timer?.cancel();
    // By the clock, not by counting: a process that was frozen finds everything older than it looked.
    const before = engine.tick;
    engine.tick = Math.floor((engine.env.scheduler.now() - this.#began) / this.tickMs);
    if (engine.tick - before > FROZEN_TICKS) this.#leapt(before);
    this.#arm();
    if (engine.evicting) sweep(engine);
    this.#lookAtIdle();
    this.#lookAtLeased();
    this.#lookAtWaiters();
    this.#adapt();
    this.#observeMin();
    engine.pump();
  }

  /** What was lent or came back after a leap and before this look was stamped with the tick before it: it is not that old. */
  #leapt(before: number): void {
    const { slots, tick, factory, settings } = this.engine;
    const reaps = (tick - before) * this.tickMs > settings.idleTimeoutMs;
    const validates = factory.validate !== undefined && settings.validateAfterIdleMs !== Infinity;
    for (const slot of slots) {
      if (slot.warnedTick === before) slot.warnedTick = tick;
      if (slot.lentTick === before) slot.lentTick = tick;
      if (!reaps || slot.idleTick !== before) continue;
      slot.idleTick = tick;
      // It may also have come back before the leap.
      if (validates && slot.state === IDLE) slot.suspect = true;
    }
  }

  #lookAtIdle(): void {
    const { engine } = this;
    const { settings, tick, maker } = engine;
    const resting = engine.status === 'suspended' ? engine.parked : engine.idle;
    const freshTicks = settings.validateAfterIdleMs / this.tickMs;
    const keepaliveTicks = settings.keepaliveIntervalMs / this.tickMs;
    const validates = engine.factory.validate !== undefined;
    const examined: Slot<T>[] = [];
    let places = BACKGROUND - engine.examiner.checking;
    // Those being created do not count: they may never come.
    const spare = engine.slots.size - maker.closing - maker.creating - maker.wanted;
    const leave: [Slot<T>, string][] = [];
    let kept = 0;
    for (const slot of resting) {
      if (slot.seated > 0) {
        if (slot.expiresTick <= tick) slot.doomed ??= 'lifetime';
        slot.offered = slot.doomed === undefined;
        if (slot.offered) resting[kept++] = slot;
        continue;
      }
      const age = tick - slot.idleTick;
      if (slot.expiresTick <= tick) leave.push([slot, 'lifetime']);
      else if (this.#over(age, settings.idleTimeoutMs) && spare > leave.length) leave.push([slot, 'idle']);
      else {
        const unseen = tick - Math.max(slot.idleTick, slot.checkedTick);
        if (validates && unseen > freshTicks) slot.suspect = true;
        if (validates && slot.doomed === undefined && unseen >= keepaliveTicks && places-- > 0)
          examined.push(slot);
        else resting[kept++] = slot;
      }
    }
    resting.length = kept;
    for (const [slot, reason] of leave) engine.close(slot, reason);
    for (const slot of examined) engine.examiner.examine(slot, 'validate');
  }

  /** Ages are whole ticks, begun ones included: only what is older by one more is surely old enough. */
  #over(age: number, ms: number): boolean {
    return (age - 1) * this.tickMs >= ms;
  }

  #lookAtLeased(): void {
    const { engine } = this;
    const { settings, tick } = engine;
    if (engine.leased === 0) return;
    for (const slot of engine.slots) {
      if (slot.state !== LEASED) continue;
      if (slot.expiresTick <= tick) slot.doomed ??= 'lifetime';
      const held = tick - slot.lentTick;
      if (this.#over(held, settings.leak.reclaimAfterMs)) {
        reclaim(engine, slot, `held for more than ${settings.leak.reclaimAfterMs} ms`);
        continue;
      }
      if (slot.lentTick === slot.warnedTick || !this.#over(held, settings.leak.warnAfterMs)) continue;
      slot.warnedTick = slot.lentTick;
      engine.counters.leaks++;
      const heldMs = held * this.tickMs;
      engine.attendant.sinks.leaked(slot.id, slot.label ?? 'unlabelled', heldMs, slot.origin?.stack);
    }
  }

  #adapt(): void {
    const { engine } = this;
    const { settings, leased, waiting, env } = engine;
    const size = this.#sizer?.sample(leased, waiting.length, env.scheduler.now());
    if (size === undefined) return;
    // `min` may have been raised since.
    const max = Math.max(settings.min, size);
    if (max !== settings.max) resize(engine, settings.min, max);
  }

  /** Tells of those who wait for long, before their time is over; the first in the queue has waited longest. */
  #lookAtWaiters(): void {
    const { engine } = this;
    const { waiting, settings, env, attendant } = engine;
    if (waiting.length === 0 || !attendant.events.wants('slow')) return;
    const now = env.scheduler.now();
    waiting.reportSlow(now - settings.slowAcquireMs, (since) => {
      attendant.events.emit('slow', {
        waitedMs: now - since,
        holders: holdersText(engine),
        numbers: numbersOf(engine),
      });
    });
  }

  #observeMin(): void {
    const { engine } = this;
    const live = engine.slots.size - engine.maker.closing - engine.maker.creating;
    if (live >= engine.settings.min || engine.status === 'starting') this.#belowMinSince = undefined;
    else this.#belowMinSince ??= engine.env.scheduler.now();
  }
}
