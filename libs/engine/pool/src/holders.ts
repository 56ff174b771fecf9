import type { Engine } from './engine.js';
import { LEASED, type Slot } from './slot.js';

/** How many holders an error names. */
const NAMED = 3;

/** One borrowing that is not over. */
export interface Holder {
  /** The number of the resource. */
  readonly slot: number;
  /** Who holds it, if it was told. */
  readonly label: string | undefined;
  /** For how long, in milliseconds; exact to a tick of the keeper (a second at most). */
  readonly heldMs: number;
  /** Where it was lent, when `leak.stacks` took a stack of it. */
  readonly stack: string | undefined;
}

/** Everybody who holds a resource, the longest first. */
export function holdersOf<T>(engine: Engine<T>): readonly Holder[] {
  return oldest(engine, Infinity).map((slot) => ({
    slot: slot.id,
    label: slot.label,
    heldMs: (engine.tick - slot.lentTick) * engine.keeper.tickMs,
    stack: slot.origin?.stack,
  }));
}

/** Who has held a resource for longest, for error messages: `OrdersService.report 12 s, …`. */
export function holdersText<T>(engine: Engine<T>): string {
  return oldest(engine, NAMED)
    .map(
      (slot) =>
        `${slot.label ?? 'unlabelled'} ${seconds((engine.tick - slot.lentTick) * engine.keeper.tickMs)}`,
    )
    .join(', ');
}

/** The longest held, without sorting all: a burst of timeouts asks for it a thousand times. */
function oldest<T>(engine: Engine<T>, n: number): readonly Slot<T>[] {
  const found: Slot<T>[] = [];
  for (const slot of engine.slots) {
    if (slot.state !== LEASED) continue;
    if (found.length === n && slot.lentTick >= found[n - 1]!.lentTick) continue;
    let at = found.length;
    while (at > 0 && found[at - 1]!.lentTick > slot.lentTick) at--;
    found.splice(at, 0, slot);
    if (found.length > n) found.pop();
  }
  return found;
}

function seconds(ms: number): string {
  return ms < 1_000 ? 'under 1 s' : `${Math.round(ms / 1_000)} s`;
}
