import { Problems } from '@nest-pooling/core';
import { analyse, type Classification } from './analyse.js';
import type { SqlDialect } from './dialect.js';

/** Options of {@link StatementClassifier}. */
export interface StatementClassifierOptions {
  /** How many texts are remembered. Default 2,000: more than most services have statements; 0 remembers none. */
  readonly cacheSize?: number;
  /** Longer texts are not remembered, in characters. Default 10,000: such texts are made, and rarely come twice. */
  readonly maxCachedLength?: number;
}

/**
 * Says of each statement which lane it may take, whether it pins its session, and what it is up to its values.
 * It reads the text with a tokenizer, knows nothing of the schema and therefore errs: a function that is not
 * listed counts as reading. The read lane's sessions are read-only, which turns such an error into a refusal
 * by the server (25006) instead of a write in the wrong place.
 *
 * Answers are remembered, since this is called for every statement; the oldest are forgotten first.
 */
export class StatementClassifier {
  readonly #dialect: SqlDialect;
  readonly #cacheSize: number;
  readonly #maxCachedLength: number;
  readonly #cache = new Map<string, Classification>();

  constructor(dialect: SqlDialect, options: StatementClassifierOptions = {}) {
    const problems = new Problems();
    problems.unknown('', options, ['cacheSize', 'maxCachedLength']);
    problems.number('cacheSize', options.cacheSize, { min: 0, integer: true });
    problems.number('maxCachedLength', options.maxCachedLength, { min: 0, integer: true });
    problems.throwIfAny('StatementClassifier');
    this.#dialect = dialect;
    this.#cacheSize = options.cacheSize ?? 2_000;
    this.#maxCachedLength = options.maxCachedLength ?? 10_000;
  }

  /** How many texts are remembered now. */
  get cached(): number {
    return this.#cache.size;
  }

  /** Classifies a text. Never throws: what cannot be understood is a write. */
  classify(text: string): Classification {
    return this.#cache.get(text) ?? this.#analyse(text);
  }

  #analyse(text: string): Classification {
    const answer = analyse(text, this.#dialect);
    if (this.#cacheSize === 0 || text.length > this.#maxCachedLength) return answer;
    if (this.#cache.size >= this.#cacheSize) {
      const oldest = this.#cache.keys().next();
      if (!oldest.done) this.#cache.delete(oldest.value);
    }
    this.#cache.set(text, answer);
    return answer;
  }
}
