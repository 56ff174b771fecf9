import type { World } from './world.js';

/** How a piece of a factory's work goes. */
export type Fate = 'ok' | 'slow' | 'throw' | 'reject' | 'odd' | 'hang' | 'late' | 'false';

export const CREATE_FAULTS: readonly Fate[] = ['throw', 'reject', 'reject', 'odd', 'hang', 'late'];
export const VALIDATE_FAULTS: readonly Fate[] = ['false', 'false', 'throw', 'reject', 'hang', 'late'];
export const RESET_FAULTS: readonly Fate[] = ['throw', 'reject', 'odd', 'hang', 'late'];
export const DESTROY_FAULTS: readonly Fate[] = ['throw', 'reject', 'odd', 'hang', 'late'];
/** What `ok` but slow takes at most; below every timeout. */
const SLOW_MS = 20;

/** Decides how a piece of work goes: mostly well, unless the weather is bad. */
export function drawFate(world: World, faults: readonly Fate[]): Fate {
  const { otherDice: dice, faultiness } = world;
  if (!dice.chance(faultiness)) return dice.chance(0.5) ? 'ok' : 'slow';
  world.faults++;
  return dice.pick(faults);
}

/** Does it; what is late comes after `limitMs`, when nobody waits any more. */
export function act<R>(world: World, fate: Fate, limitMs: number, result: () => R): Promise<R> {
  if (fate === 'throw') throw new Error('the factory threw');
  if (fate === 'reject') return Promise.reject(new Error('the factory failed'));
  // Not everything that is thrown is an error, and not everything can be turned into a text.
  // oxlint-disable-next-line typescript/prefer-promise-reject-errors
  if (fate === 'odd') return Promise.reject(Object.create(null) as object);
  if (fate === 'hang') return new Promise(() => {});
  if (fate !== 'slow' && fate !== 'late') return Promise.resolve(result());
  const ms = 1 + world.otherDice.below(SLOW_MS);
  return world.nap(fate === 'late' ? limitMs + ms : ms).then(result);
}
