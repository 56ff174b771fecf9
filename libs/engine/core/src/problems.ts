import { OptionsError } from './options-error.js';

/** Bounds of a number option; both ends are included. */
export interface NumberRule {
  /** The least that is allowed. Default: no bound. */
  readonly min?: number;
  /** The most that is allowed. Default: no bound. */
  readonly max?: number;
  /** Whole numbers only. */
  readonly integer?: boolean;
  /** `Infinity` is allowed (it stands for "no limit"). */
  readonly infinite?: boolean;
}

/**
 * Collects what is wrong with a set of options and throws it all in one {@link OptionsError}. Every check
 * takes `undefined` as "not given", which is right unless the option is required.
 */
export class Problems {
  readonly #lines: string[] = [];

  /** How many problems were found so far. */
  get count(): number {
    return this.#lines.length;
  }

  /** Adds a problem in the words of the caller. Pass `got` only when it cannot hold a secret. */
  add(path: string, what: string, ...got: [value?: unknown]): void {
    this.#lines.push(`${path}: ${what}${got.length > 0 ? ` (got ${show(got[0])})` : ''}`);
  }

  /** Checks a number. */
  number(path: string, value: unknown, rule: NumberRule = {}): void {
    if (value === undefined) return;
    const { min = -Infinity, max = Infinity, integer = false, infinite = false } = rule;
    const kind = integer ? 'a whole number' : 'a number';
    const range =
      min > -Infinity && max < Infinity
        ? ` from ${min} to ${max}`
        : min > -Infinity
          ? ` of at least ${min}`
          : max < Infinity
            ? ` of at most ${max}`
            : '';
    const fits =
      typeof value === 'number' &&
      value >= min &&
      value <= max &&
      (value === Infinity ? infinite : Number.isFinite(value) && (!integer || Number.isInteger(value)));
    if (!fits) this.add(path, `must be ${kind}${range}`, value);
  }

  /** Checks a duration in milliseconds: zero or more, and no more than a timer can hold. */
  duration(path: string, value: unknown, rule: Pick<NumberRule, 'min' | 'infinite'> = {}): void {
    if (value === Infinity && rule.infinite) return;
    this.number(path, value, { min: rule.min ?? 0, max: 2_147_483_647 });
  }

  /** Checks a choice among fixed words. */
  oneOf(path: string, value: unknown, words: readonly string[]): void {
    if (value === undefined || words.includes(value as string)) return;
    this.add(path, `must be one of ${words.join(', ')}`, value);
  }

  /** Checks the type of a value. */
  type(path: string, value: unknown, type: 'string' | 'boolean' | 'function' | 'object'): void {
    if (value === undefined) return;
    if (typeof value === type && value !== null) return;
    const got = value === null ? value : typeof value;
    this.add(path, `must be a ${type}`.replace('a object', 'an object'), got);
  }

  /** Reports option names that do not exist, with the nearest one that does. */
  unknown(path: string, value: object, known: readonly string[]): void {
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      const near = nearest(key, known);
      this.add(path ? `${path}.${key}` : key, near ? `is unknown; did you mean ${near}?` : 'is unknown');
    }
  }

  /** Throws everything found, or returns. */
  throwIfAny(subject: string): void {
    if (this.#lines.length > 0) throw new OptionsError(subject, this.#lines);
  }
}

/** The word of `words` nearest to `word`, if one is near enough to be a slip of the fingers. */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of words) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 60 ? `${value.slice(0, 57)}…` : value}'`;
  if (value === null || typeof value !== 'object') return String(value);
  return Array.isArray(value) ? `an array of ${value.length}` : 'an object';
}
