import { Problems, systemEnv, type Env } from '@nest-pooling/core';

/** How much a {@link TokenBucket} lets through. */
export interface TokenBucketOptions {
  /** What it limits, for messages. */
  readonly name: string;
  /** So many tokens come back each second. 0 or more; with 0 it lets `burst` through and nothing after. */
  readonly perSecond: number;
  /** So many tokens it holds at most, and to begin with; at least 1. Default: `perSecond`, that is one second's worth. */
  readonly burst?: number | undefined;
}

/**
 * Lets through so many per second and a burst of so many at once: in any stretch of time no more than
 * burst + perSecond x seconds. It has no timer: what came back meanwhile is counted when somebody asks, which costs a
 * reading of the clock.
 */
export class TokenBucket {
  /** What it limits. */
  readonly name: string;
  /** Tokens that come back each second. */
  readonly perSecond: number;
  /** The most tokens it holds. */
  readonly burst: number;
  readonly #env: Env;
  #tokens: number;
  #at: number;

  /** @throws OptionsError (`OPTIONS_INVALID`) that lists every wrong option */
  constructor(options: TokenBucketOptions, env: Env = systemEnv) {
    const { name, perSecond, burst } = check(options);
    this.name = name;
    this.perSecond = perSecond;
    this.burst = burst ?? Math.max(1, perSecond);
    this.#env = env;
    this.#tokens = this.burst;
    this.#at = env.scheduler.now();
  }

  /** How many tokens it holds now; not always a whole number. */
  get available(): number {
    this.#refill();
    return this.#tokens;
  }

  /** Takes `count` tokens (default 1), or none and gives `false` if it holds fewer. */
  tryTake(count = 1): boolean {
    this.#refill();
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }

  /** Gives back tokens that were taken for something that was not done after all. It never holds more than `burst`. */
  giveBack(count = 1): void {
    this.#refill();
    this.#tokens = Math.min(this.burst, this.#tokens + count);
  }

  /**
   * When `count` tokens (default 1) will be there if nobody else takes any, in whole milliseconds from now; 0 if they are there,
   * `Infinity` if they never will be.
   */
  retryAfterMs(count = 1): number {
    this.#refill();
    if (this.#tokens >= count) return 0;
    if (this.perSecond === 0 || count > this.burst) return Infinity;
    return Math.ceil(((count - this.#tokens) / this.perSecond) * 1_000);
  }

  #refill(): void {
    const now = this.#env.scheduler.now();
    this.#tokens = Math.min(this.burst, this.#tokens + ((now - this.#at) / 1_000) * this.perSecond);
    this.#at = now;
  }
}

function check(options: TokenBucketOptions): TokenBucketOptions {
  const { name, perSecond, burst } = options;
  const problems = new Problems();
  problems.unknown('', options, ['name', 'perSecond', 'burst']);
  if (typeof name !== 'string' || name === '') problems.add('name', 'must be a string that is not empty');
  if (perSecond === undefined) problems.add('perSecond', 'must be given');
  problems.number('perSecond', perSecond, { min: 0 });
  problems.number('burst', burst, { min: 1 });
  problems.throwIfAny(`Token bucket '${name || '(without a name)'}'`);
  return options;
}
