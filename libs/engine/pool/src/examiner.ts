import { bounded, type Bounded } from './bounded.js';
import type { Engine } from './engine.js';
import type { CheckResult } from './factory.js';
import { CHECKING, IDLE, LEASED, type Slot } from './slot.js';

/** Validates and resets. Nobody holds the slot meanwhile, and whoever is first afterwards may have it. */
export class Examiner<T> {
  /** How many slots are being examined. */
  checking = 0;
  readonly #underWay = new Set<Bounded<boolean>>();

  constructor(private readonly engine: Engine<T>) {}

  /** What the factory says at a look; one that throws says that it is broken. */
  verdict(slot: Slot<T>): CheckResult {
    try {
      return this.engine.factory.check!(slot.resource, slot);
    } catch {
      return 'broken';
    }
  }

  examine(slot: Slot<T>, how: 'validate' | 'reset'): void {
    const { engine } = this;
    const { factory, settings, env } = engine;
    if (factory[how] === undefined) return engine.place(slot, how === 'reset' ? 'broken' : 'ok');
    // What comes back was used until now.
    if (slot.state === LEASED) slot.idleTick = engine.tick;
    slot.state = CHECKING;
    this.checking++;
    const ms = how === 'validate' ? settings.validateTimeoutMs : settings.resetTimeoutMs;
    const work = async (signal: AbortSignal): Promise<boolean> => {
      if (how === 'validate') return factory.validate!(slot.resource, signal, slot);
      await factory.reset!(slot.resource, signal, slot);
      return true;
    };
    const over = (fit: boolean): void => {
      this.#underWay.delete(task);
      this.checking--;
      // It may have been closed under the examiner's hands.
      if (slot.state !== CHECKING) return;
      if (!fit) {
        engine.counters.failedChecks++;
        slot.doomed ??= how === 'validate' ? 'invalid' : 'reset failed';
      }
      const { idleTick } = slot;
      slot.checkedTick = engine.tick;
      engine.place(slot, how === 'reset' && settings.validateOnReturn ? 'validate' : 'ok');
      if (how === 'validate' && rests(slot)) layBack(engine, slot, idleTick);
      engine.pump();
    };
    const expired = (): Error => new Error(`${how} took longer than ${ms} ms`);
    const task = bounded(env.scheduler, ms, work, expired);
    this.#underWay.add(task);
    task.promise.then(over, () => over(false));
  }

  /** Waits for no answer any more. */
  stop(): void {
    for (const task of this.#underWay) task.abort(new Error('the pool was closed'));
  }
}

/** In a function, because the compiler does not see that `place` changes the state. */
function rests<T>(slot: Slot<T>): boolean {
  return slot.state === IDLE;
}

/**
 * Idle time counts from the return: being looked at is no use. So it goes back to where it lay; on top it would be lent
 * next, and what nobody needs would never be idle for long enough to be closed.
 */
function layBack<T>(engine: Engine<T>, slot: Slot<T>, idleTick: number): void {
  slot.idleTick = idleTick;
  const resting = engine.status === 'suspended' ? engine.parked : engine.idle;
  let at = resting.length - 1;
  for (; at > 0 && resting[at - 1]!.idleTick > idleTick; at--) resting[at] = resting[at - 1]!;
  resting[at] = slot;
}
