import type { Problems } from '@nest-pooling/core';

/** Reads variables of one prefix, each once, and notes what is wrong under its full name. */
export class EnvReader {
  /** The variables that were asked for. */
  readonly names: string[] = [];

  constructor(
    private readonly prefix: string,
    private readonly env: Readonly<Record<string, string | undefined>>,
    private readonly problems: Problems,
  ) {}

  /** As it stands there; `undefined` when it is absent or empty. Nothing of it is shown: it may be a secret. */
  text(name: string): string | undefined {
    const full = `${this.prefix}_${name}`;
    this.names.push(full);
    return this.env[full]?.trim() || undefined;
  }

  /** One of a few words. */
  word<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const text = this.text(name);
    this.problems.oneOf(`${this.prefix}_${name}`, text, words);
    return text as Word | undefined;
  }

  /** `true` or `false`. */
  flag(name: string): boolean | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (text !== 'true' && text !== 'false') {
      this.problems.add(`${this.prefix}_${name}`, 'must be true or false', text);
    }
    return text === 'true';
  }

  /** A whole number, or `Infinity`. */
  count(name: string, min: number): number | undefined {
    const value = this.#number(name);
    this.problems.number(`${this.prefix}_${name}`, value, { min, integer: true, infinite: true });
    return value;
  }

  /** A duration, or `Infinity`. */
  ms(name: string): number | undefined {
    const value = this.#number(name);
    this.problems.duration(`${this.prefix}_${name}`, value, { infinite: true });
    return value;
  }

  #number(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : Number(text);
  }
}
