import type { Dice } from '../seeds/dice.js';
import type { TransactionRetry } from '@nest-pooling/sql';
import { drawKey } from './statements.js';

/** One thing that happens inside a transaction or a `use`. */
export type Step =
  | {
      readonly does: 'read' | 'write' | 'outside' | 'unawaited';
      readonly key: string;
      readonly viaPool: boolean;
    }
  | { readonly does: 'both'; readonly keys: readonly [string, string] }
  | { readonly does: 'slow' | 'nap'; readonly ms: number }
  | { readonly does: 'limited'; readonly ms: number; readonly timeoutMs: number }
  | { readonly does: 'fail'; readonly code: string; readonly caught: boolean }
  | { readonly does: 'set' | 'defer' | 'begin' }
  | { readonly does: 'stream'; readonly rows: number; readonly key: string }
  | {
      readonly does: 'nested';
      readonly steps: readonly Step[];
      readonly caught: boolean;
      readonly throws: boolean;
    };

/** What a transaction or a `use` will do: decided before it begins, whatever happens to it. */
export interface Plan {
  readonly steps: readonly Step[];
  /** Its work rejects in the end. */
  readonly throws: boolean;
  /** It uses its connection after its end. */
  readonly overstays: boolean;
}

/** What a transaction does. */
export function drawTransaction(dice: Dice): Plan {
  return {
    steps: Array.from({ length: dice.below(5) }, () => drawStep(dice, 0)),
    throws: dice.chance(0.15),
    overstays: dice.chance(0.1),
  };
}

/** How it is asked for, apart from its time. */
export interface Terms {
  readonly retry?: TransactionRetry;
  readonly maxTransactionMs?: number;
}

/** Whether it is run again, and how old it may become. */
export function drawTerms(dice: Dice): Terms {
  return {
    ...(dice.chance(0.3) && { retry: { attempts: 1 + dice.below(4), initialMs: 4, maxMs: 30 } }),
    ...(dice.chance(0.12) && { maxTransactionMs: dice.pick([5, 40, 400]) }),
  };
}

/** What somebody does with a session of his own. */
export function drawUse(dice: Dice): Plan {
  const steps = Array.from({ length: 1 + dice.below(3) }, () => drawUseStep(dice));
  return {
    // Whatever comes behind a BEGIN that nobody ends would have no effect.
    steps: dice.chance(0.1) ? [...steps, { does: 'begin' }] : steps,
    throws: dice.chance(0.15),
    overstays: dice.chance(0.1),
  };
}

function drawStep(dice: Dice, depth: number): Step {
  const at = dice.next();
  const key = drawKey(dice);
  const viaPool = dice.chance(0.5);
  if (at < 0.3) return { does: 'read', key, viaPool };
  if (at < 0.58) return { does: 'write', key, viaPool };
  if (at < 0.66) return { does: 'nap', ms: dice.pick([0, 1, 5, 40]) };
  if (at < 0.7) return { does: 'both', keys: [key, drawKey(dice)] };
  if (at < 0.73) return { does: 'fail', code: 'constraint', caught: dice.chance(0.5) };
  if (at < 0.75) return { does: 'slow', ms: dice.pick([5, 30]) };
  if (at < 0.77) return { does: 'outside', key, viaPool };
  if (at < 0.79) return { does: 'unawaited', key, viaPool };
  if (at < 0.81) return { does: 'defer' };
  if (at < 0.83) return { does: 'limited', ms: 20, timeoutMs: dice.pick([3, 25, 200]) };
  if (at < 0.85) return { does: 'stream', rows: dice.pick([1, 5]), key };
  if (at < 0.86) return { does: 'set' };
  if (depth > 1) return { does: 'nap', ms: 1 };
  const steps = Array.from({ length: dice.below(4) }, () => drawStep(dice, depth + 1));
  return { does: 'nested', steps, caught: dice.chance(0.6), throws: dice.chance(0.3) };
}

function drawUseStep(dice: Dice): Step {
  const at = dice.next();
  const key = drawKey(dice);
  const viaPool = dice.chance(0.5);
  if (at < 0.35) return { does: 'read', key, viaPool };
  if (at < 0.6) return { does: 'write', key, viaPool };
  if (at < 0.7) return { does: 'nap', ms: dice.pick([0, 5, 40]) };
  if (at < 0.75) return { does: 'set' };
  if (at < 0.8) return { does: 'fail', code: 'constraint', caught: dice.chance(0.5) };
  if (at < 0.85) return { does: 'stream', rows: dice.pick([1, 5]), key };
  if (at < 0.9) return { does: 'both', keys: [key, drawKey(dice)] };
  const steps = Array.from({ length: dice.below(3) }, () => drawStep(dice, 1));
  return { does: 'nested', steps, caught: dice.chance(0.6), throws: dice.chance(0.3) };
}
