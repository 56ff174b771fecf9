import { defined, Problems, systemEnv, type Env } from '@nest-pooling/core';

/** So many requests are counted before the clock is read for them. */
const REQUESTS_PER_READING = 256;

/** How many retries a {@link RetryBudget} allows. */
export interface RetryBudgetOptions {
  /** What is retried, for messages. */
  readonly name: string;
  /** The share of the requests that may be retried, from 0 to 1. Default 0.2: a broken dependency gets at most 20 % more work. */
  readonly ratio?: number | undefined;
  /** So many more each second, so that the few requests of a quiet service can be retried too. Default 10. */
  readonly perSecond?: number | undefined;
  /**
   * How long a retry that is not used is kept, in milliseconds (it fades: 37 % is left then). Default 10,000: what a quiet hour has
   * saved is not spent in one storm, and the calls under way on a node that dies can all move elsewhere.
   */
  readonly windowMs?: number | undefined;
}

/** The numbers of a {@link RetryBudget}. */
export interface RetryBudgetReport {
  /** What is retried. */
  readonly name: string;
  /** Retries that it would allow now; not always a whole number. */
  readonly available: number;
  /** Requests since it was made. */
  readonly requests: number;
  /** Retries that it allowed. */
  readonly retries: number;
  /** Retries that it refused. */
  readonly refused: number;
}

/**
 * Keeps retries a small part of the requests, so that a dependency in trouble is not buried under them (the idea is
 * Finagle's). Over any time it allows no more than ratio x requests + perSecond x seconds, and what it held at the time's
 * beginning; and it never holds more than one window's worth.
 *
 * It has no timer. A request costs an addition; the clock is read once in 256 requests and at each retry.
 */
export class RetryBudget {
  /** What is retried. */
  readonly name: string;
  readonly #ratio: number;
  readonly #perMs: number;
  readonly #windowMs: number;
  readonly #env: Env;
  #balance: number;
  /** Requests whose share is not in the balance yet. */
  #fresh = 0;
  #at: number;
  #requests = 0;
  #retries = 0;
  #refused = 0;

  /** @throws OptionsError (`OPTIONS_INVALID`) that lists every wrong option */
  constructor(options: RetryBudgetOptions, env: Env = systemEnv) {
    const { name, ratio, perSecond, windowMs } = resolve(options);
    this.name = name;
    this.#ratio = ratio;
    this.#perMs = perSecond / 1_000;
    this.#windowMs = windowMs;
    this.#env = env;
    // What it would hold after a quiet while: the first failure may come early.
    this.#balance = this.#perMs * windowMs;
    this.#at = env.scheduler.now();
  }

  /** A request is made, for the first time: not one of its retries. */
  request(): void {
    if (++this.#fresh >= REQUESTS_PER_READING) this.#settle();
  }

  /** Whether one retry is allowed; if so, it is spent. */
  tryRetry(): boolean {
    this.#settle();
    if (this.#balance < 1) {
      this.#refused++;
      return false;
    }
    this.#balance--;
    this.#retries++;
    return true;
  }

  /** Its numbers now. */
  report(): RetryBudgetReport {
    this.#settle();
    return {
      name: this.name,
      available: this.#balance,
      requests: this.#requests,
      retries: this.#retries,
      refused: this.#refused,
    };
  }

  /**
   * Brings the balance up to now, as if income had come evenly since it was last settled, fading from the moment it came: so an
   * hour between two readings and a thousand readings in between give the same.
   */
  #settle(): void {
    const now = this.#env.scheduler.now();
    const passed = now - this.#at;
    const income = this.#ratio * this.#fresh + this.#perMs * passed;
    if (passed > 0) {
      const kept = Math.exp(-passed / this.#windowMs);
      this.#balance = this.#balance * kept + income * ((this.#windowMs / passed) * (1 - kept));
    } else {
      this.#balance += income;
    }
    this.#requests += this.#fresh;
    this.#fresh = 0;
    this.#at = now;
  }
}

type Resolved = { readonly [K in keyof RetryBudgetOptions]-?: Exclude<RetryBudgetOptions[K], undefined> };

function resolve(options: RetryBudgetOptions): Resolved {
  const problems = new Problems();
  problems.unknown('', options, ['name', 'ratio', 'perSecond', 'windowMs']);
  const { name } = options;
  if (typeof name !== 'string' || name === '') problems.add('name', 'must be a string that is not empty');
  problems.number('ratio', options.ratio, { min: 0, max: 1 });
  problems.number('perSecond', options.perSecond, { min: 0 });
  problems.duration('windowMs', options.windowMs, { min: 1 });
  problems.throwIfAny(`Retry budget '${name || '(without a name)'}'`);
  return { ratio: 0.2, perSecond: 10, windowMs: 10_000, ...defined(options), name };
}
