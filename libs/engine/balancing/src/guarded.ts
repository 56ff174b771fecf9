import { RoundRobin } from './round-robin.js';
import type { BalancingStrategy, CallOutcome, Candidate } from './strategy.js';

/** Is told that a strategy of the user's own does not do what {@link BalancingStrategy} says; `cause` is what it threw, if it threw. */
export type MisuseListener = (message: string, cause?: unknown) => void;

/**
 * A strategy of the user's own, made safe: when it throws, or chooses nothing or somebody who is no candidate, round-robin
 * chooses. A read must not fail because somebody's arithmetic does. Misuse is told once, or it would be told for every read.
 */
export class Guarded implements BalancingStrategy {
  readonly name: string;
  readonly timed: boolean;
  readonly #inner: BalancingStrategy;
  readonly #fallback = new RoundRobin();
  #onMisuse: MisuseListener | undefined;

  constructor(inner: BalancingStrategy, onMisuse?: MisuseListener) {
    this.name = inner.name;
    this.timed = inner.timed === true;
    this.#inner = inner;
    this.#onMisuse = onMisuse;
  }

  pick<C extends Candidate>(candidates: readonly C[]): C | undefined {
    if (candidates.length === 0) return undefined;
    try {
      const chosen = this.#inner.pick(candidates);
      if (chosen !== undefined && candidates.includes(chosen)) return chosen;
      this.#misused(chosen === undefined ? 'chose nobody' : 'chose somebody who is no candidate');
    } catch (error) {
      this.#misused('threw when it was to choose', error);
    }
    return this.#fallback.pick(candidates);
  }

  observe(candidate: Candidate, ms: number, outcome: CallOutcome, now: number): void {
    try {
      this.#inner.observe?.(candidate, ms, outcome, now);
    } catch (error) {
      this.#misused('threw when it was told how a call ended', error);
    }
  }

  forget(candidate: Candidate): void {
    try {
      this.#inner.forget?.(candidate);
    } catch (error) {
      this.#misused('threw when it was to forget a node', error);
    }
  }

  #misused(what: string, cause?: unknown): void {
    const tell = this.#onMisuse;
    this.#onMisuse = undefined;
    tell?.(
      `Balancing strategy '${this.name}' ${what}. Round-robin chooses where it does not; this is told once. Make pick return one of the candidates that it is given.`,
      cause,
    );
  }
}
