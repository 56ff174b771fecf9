import type { Env, Timer } from '@nest-pooling/core';
import { TokenBucket } from '@nest-pooling/resilience';
import { FallbackRefusedError } from './errors.js';
import type { FallbackOptions } from './consistency-options.js';

/** How many may wait for each that runs. */
const WAITING_PER_PERMIT = 32;

interface Waiter {
  readonly admit: () => void;
  readonly timer: Timer;
}

/**
 * Lets only so many reads at a time onto the primary that should be on a replica: the primary's first duty are writes. What is beyond
 * waits for a moment, and is refused then.
 */
export class FallbackGuard {
  readonly #share: number;
  readonly #waitMs: number;
  /** For those beyond the share. */
  readonly #extra: TokenBucket | undefined;
  #active = 0;
  #waiters: Waiter[] = [];

  constructor(
    private readonly name: string,
    { share = 0.2, waitMs = 100, burst = 10, perSecond = 10 }: FallbackOptions,
    /** The size of the primary's pool now. */
    private readonly size: () => number,
    private readonly env: Env,
  ) {
    this.#share = share;
    this.#waitMs = waitMs;
    if (burst > 0) this.#extra = new TokenBucket({ name: `${name}: fallback`, perSecond, burst }, env);
  }

  /** Reads that run on the primary at a time; never none. */
  get limit(): number {
    return Math.max(1, Math.floor(this.#share * this.size()));
  }

  /** Whether the share is used up. */
  get full(): boolean {
    return this.#active >= this.limit;
  }

  /**
   * Lets a read in: at once (`undefined`), or later. Whoever was let in calls {@link FallbackGuard.leave} at the end.
   * @throws FallbackRefusedError `ROUTING_FALLBACK_REFUSED`
   */
  enter(leftMs: number): Promise<void> | undefined {
    if (!this.full || this.#extra?.tryTake() === true) {
      this.#active++;
      return undefined;
    }
    const ms = Math.min(this.#waitMs, leftMs);
    if (ms <= 0 || this.#waiters.length >= this.limit * WAITING_PER_PERMIT) throw this.#refusal();
    return new Promise((resolve, reject) => {
      const timer = this.env.scheduler.after(ms, () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(this.#refusal());
      });
      const waiter: Waiter = {
        timer,
        admit: () => {
          timer.cancel();
          resolve();
        },
      };
      this.#waiters.push(waiter);
    });
  }

  leave(): void {
    this.#active--;
    while (this.#waiters.length > 0 && !this.full) {
      this.#active++;
      this.#waiters.shift()!.admit();
    }
  }

  #refusal(): FallbackRefusedError {
    return new FallbackRefusedError(this.name, this.#active, this.#waiters.length, this.limit);
  }
}
