import { Problems, type ManagedStatus } from '@nest-pooling/core';
import type { AcquireOptions } from './acquire-options.js';
import type { Engine } from './engine.js';
import type { Lease } from './lease.js';
import type { PoolSink } from './sink.js';
import { CLOSING, GONE, IDLE, LEASED, type Slot } from './slot.js';

/** Holds acquires back: what is idle is put aside, so that the fast path finds nothing. */
export function suspend<T>(engine: Engine<T>): void {
  if (engine.status === 'starting') engine.keeper.activate();
  if (engine.status !== 'active') return;
  move(engine, 'suspended');
  engine.parked.push(...engine.idle.splice(0));
}

/** Ends {@link suspend}. */
export function resume<T>(engine: Engine<T>): void {
  if (engine.status !== 'suspended') return;
  move(engine, 'active');
  engine.idle.push(...engine.parked.splice(0));
  engine.pump();
}

/** Takes what can be lent at once where that is not just what is on top: see `freezeCheck`, `leasesPerResource`. */
export function takeSpecially<T>(engine: Engine<T>): Slot<T> | undefined {
  if (engine.settings.freezeCheck === 'borrow') engine.keeper.catchUp();
  if (engine.seats !== undefined) return engine.seats.take();
  return engine.idle.at(-1)?.suspect === false ? engine.idle.pop() : takeValidated(engine.idle);
}

/** What was used last must be validated; what lies below may have been, in the background. */
export function takeValidated<T>(idle: Slot<T>[]): Slot<T> | undefined {
  const at = idle.findLastIndex((slot) => !slot.suspect);
  return at < 0 ? undefined : idle.splice(at, 1)[0];
}

/** Nothing can be lent at once: sees to it that the next who asks may have something. */
export function prepare<T>(engine: Engine<T>): undefined {
  if (engine.status === 'starting') engine.keeper.activate();
  const stale = engine.idle.pop();
  if (stale !== undefined) engine.examiner.examine(stale, 'validate');
  engine.maker.ensure();
}

/** Gives a pool new sizes: closes what is too much, creates what is missing. */
export function resize<T>(engine: Engine<T>, min: number, max: number): void {
  const { settings, maker, idle, parked } = engine;
  settings.min = min;
  settings.max = max;
  const surplus = Math.max(0, engine.slots.size - maker.closing - maker.creating - max);
  // Suspended or not: one of the two lists is empty.
  const free = [...idle, ...parked].filter((slot) => slot.seated === 0).slice(0, surplus);
  for (const slot of free) {
    drop(engine, slot);
    engine.close(slot, 'pool made smaller');
  }
  engine.replan();
  maker.reach();
  engine.pump();
}

/** {@link resize}, with what a caller gave. Throws an `OptionsError` that lists everything that is wrong. */
export function resizeChecked<T>(engine: Engine<T>, sizes: { min?: number; max?: number }): void {
  const { settings } = engine;
  const { min = settings.min, max = settings.max } = sizes;
  const problems = new Problems();
  problems.number('max', max, { min: 1, max: 1_000_000, integer: true });
  problems.number('min', min, { min: 0, max, integer: true });
  if (sizes.max !== undefined && settings.adaptive !== undefined) {
    problems.add('max', 'is decided by adaptive; give that a floor and a ceiling');
  }
  problems.throwIfAny(`resizing the pool '${settings.name}'`);
  resize(engine, min, max);
}

/** Replaces every resource; idle ones a few at a time unless it must be now. */
export function evict<T>(engine: Engine<T>, reason: string, immediately: boolean): void {
  for (const slot of engine.slots) slot.doomed ??= reason;
  if (immediately) closeDoomed(engine, Infinity);
  else sweep(engine);
}

/**
 * Goes on with {@link evict}: at most half of the idle resources at a time, and the next when the last are replaced, so
 * that something can be lent all the while. What is out of date is better than nothing while creates fail.
 */
export function sweep<T>(engine: Engine<T>): void {
  const { maker, settings, slots } = engine;
  const coming = maker.creating + maker.closing;
  const short = slots.size - coming < maker.wanted && (coming > 0 || maker.outage.paused);
  const half = Math.ceil((engine.idle.length + engine.parked.length) / 2);
  closeDoomed(engine, short ? 0 : Math.min(settings.createConcurrency, half) - coming);
}

function closeDoomed<T>(engine: Engine<T>, atMost: number): void {
  const resting = engine.status === 'suspended' ? engine.parked : engine.idle;
  let places = atMost;
  const gone: Slot<T>[] = [];
  let kept = 0;
  let left = 0;
  for (const slot of resting) {
    if (slot.doomed !== undefined && slot.seated > 0) slot.offered = false;
    else if (slot.doomed !== undefined && places-- > 0) gone.push(slot);
    else {
      resting[kept++] = slot;
      if (slot.doomed !== undefined) left++;
    }
  }
  resting.length = kept;
  engine.evicting = left > 0;
  for (const slot of gone) engine.close(slot, slot.doomed!);
}

/** The other side has let go of a resource. */
export function bury<T>(engine: Engine<T>, slot: Slot<T>, reason: string): void {
  slot.state = GONE;
  slot.resource = undefined as T;
  engine.slots.delete(slot);
  engine.replan();
  // Also of one that was taken away from its holder at the end of the pool.
  engine.attendant.diagnosis.ended(slot);
  engine.counters.closed(reason);
  engine.attendant.sinks.destroyed(slot.id, reason);
  engine.onGone();
}

/** Takes one resource out of the pool: at once when it is idle, when it comes back otherwise. */
export function invalidate<T>(engine: Engine<T>, resource: T, reason: string, doubtful: boolean): void {
  if (doubtful && engine.factory.validate !== undefined) {
    for (const slot of engine.slots) if (slot.state === IDLE && slot.seated === 0) slot.suspect = true;
  }
  for (const slot of engine.slots) {
    if (slot.resource !== resource || slot.state >= CLOSING) continue;
    slot.doomed ??= reason;
    engine.seats?.withdraw(slot);
    if (slot.state !== IDLE) return;
    drop(engine, slot);
    engine.close(slot, reason);
    engine.maker.ensure();
    return;
  }
}

/** Takes a resource from its holder, whose lease is over then, and destroys it. */
export function reclaim<T>(engine: Engine<T>, slot: Slot<T>, reason: string): void {
  if (slot.state !== LEASED) return;
  engine.seats?.withdraw(slot);
  engine.leased -= Math.max(1, slot.seated);
  const { label } = slot;
  // Before anybody is told: a listener may release the lease, which must be over then.
  engine.close(slot, 'reclaimed');
  engine.attendant.reclaimed(slot, label, reason);
}

/** Lends a resource to `work` when none can be lent at once, or when the borrowing has options. */
export async function useSlowly<T, R>(
  engine: Engine<T>,
  work: (resource: T) => Promise<R> | R,
  options: AcquireOptions | undefined,
): Promise<R> {
  const lease = await engine.acquire(options);
  try {
    return await holding(engine, lease, work);
  } finally {
    lease[Symbol.dispose]();
  }
}

/** Runs `work` with a leased resource, in a flow that is known to hold it where deadlocks are looked for. */
function holding<T, R>(engine: Engine<T>, lease: Lease<T>, work: (resource: T) => R): R {
  const { resource } = lease;
  const { deadlocks } = engine;
  return deadlocks === undefined ? work(resource) : deadlocks.holding(lease, () => work(resource));
}

/** Adds a listener; returns the function that removes it. */
export function listen<T>(engine: Engine<T>, sink: PoolSink): () => void {
  const { sinks } = engine.attendant;
  const { env } = engine;
  const timed = sinks.timed;
  const remove = sinks.add(sink);
  if (sinks.timed && !timed) {
    // Borrowings under way began unseen: their time counts from here.
    const now = env.scheduler.now();
    for (const slot of engine.slots) slot.lentAt = now;
  }
  engine.attendant.replan();
  return () => {
    remove();
    engine.attendant.replan();
  };
}

/** Takes a resource off the list of those that can be lent. */
function drop<T>(engine: Engine<T>, slot: Slot<T>): void {
  for (const list of [engine.idle, engine.parked]) {
    const at = list.indexOf(slot);
    if (at >= 0) list.splice(at, 1);
  }
}

function move<T>(engine: Engine<T>, to: ManagedStatus): void {
  const from = engine.status;
  engine.status = to;
  engine.replan();
  engine.attendant.sinks.state(from, to);
}
