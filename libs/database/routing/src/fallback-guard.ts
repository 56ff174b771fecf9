import type { Env } from '@nest-pooling/core';
import { PoolClosedError } from '@nest-pooling/pool';
import { TokenBucket } from '@nest-pooling/resilience';
import { FallbackRefusedError } from './errors.js';
import type { FallbackOptions } from './consistency-options.js';

/** How many may wait for each that runs. */
const WAITING_PER_PERMIT = 32;

interface Waiter {
  readonly admit: () => void;
  readonly turnAway: (error: Error) => void;
  /** Takes it out of the line, and leaves nothing behind. */
  readonly end: (tell: () => void) => void;
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
  readonly #waiters: Waiter[] = [];
  /** Those who wait for a replica, and take what nobody in line wants. */
  readonly #patient = new Set<(admitted: boolean) => void>();
  #ended = false;

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
   * Lets a read in: at once (`undefined`), or later, when its turn has come. Then it is told whether it was let in: it was not when its own
   * time was over or its signal aborted before. Whoever was let in calls {@link FallbackGuard.leave} at the end.
   * @throws FallbackRefusedError `ROUTING_FALLBACK_REFUSED`; PoolClosedError `POOL_CLOSED` after {@link FallbackGuard.end}
   */
  enter(leftMs: number, signal?: AbortSignal): Promise<boolean> | undefined {
    if (this.#ended) throw this.#closed();
    if (leftMs <= 0 || signal?.aborted) return Promise.resolve(false);
    // Its limit may have grown: those who wait come first.
    this.#admit();
    if (this.#waiters.length === 0 && (!this.full || this.#extra?.tryTake() === true)) {
      this.#active++;
      return undefined;
    }
    if (this.#waitMs <= 0 || this.#waiters.length >= this.limit * WAITING_PER_PERMIT) throw this.#refusal();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => waiter.end(() => resolve(false));
      const waiter: Waiter = {
        end: (tell) => {
          timer.cancel();
          signal?.removeEventListener('abort', onAbort);
          const at = this.#waiters.indexOf(waiter);
          if (at >= 0) this.#waiters.splice(at, 1);
          tell();
        },
        admit: () => waiter.end(() => resolve(true)),
        turnAway: (error) => waiter.end(() => reject(error)),
      };
      const timer = this.env.scheduler.after(Math.min(this.#waitMs, leftMs), () =>
        leftMs <= this.#waitMs ? waiter.end(() => resolve(false)) : waiter.turnAway(this.#refusal()),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
    });
  }

  /**
   * Settles with `true` when there is room that nobody in line wants, and the caller was let in by that; with `false` when the signal
   * aborts, or at the end.
   */
  room(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (admitted: boolean): void => {
        this.#patient.delete(settle);
        signal.removeEventListener('abort', onAbort);
        resolve(admitted);
      };
      const onAbort = (): void => settle(false);
      this.#patient.add(settle);
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted || this.#ended) settle(false);
      this.#admit();
    });
  }

  leave(): void {
    this.#active--;
    this.#admit();
  }

  /** Lets nobody in any more: the router is closed. */
  end(): void {
    this.#ended = true;
    for (const waiter of this.#waiters.splice(0)) waiter.turnAway(this.#closed());
    for (const settle of this.#patient) settle(false);
  }

  #admit(): void {
    while (this.#waiters.length > 0 && !this.full) {
      this.#active++;
      this.#waiters[0]!.admit();
    }
    for (const settle of this.#patient) {
      if (this.full) return;
      this.#active++;
      settle(true);
    }
  }

  #closed(): PoolClosedError {
    return new PoolClosedError(this.name, 'closed');
  }

  #refusal(): FallbackRefusedError {
    return new FallbackRefusedError(this.name, this.#active, this.#waiters.length, this.limit);
  }
}
