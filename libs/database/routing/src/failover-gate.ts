import type { Env, Timer } from '@nest-pooling/core';

/** What a gate answers to somebody who may not pass. */
export type GateRefusal = 'full' | 'too-late' | 'expired' | 'aborted' | 'closed';

/** Somebody who waits for the primary. */
interface Waiter {
  readonly settle: (refusal: GateRefusal | undefined) => void;
}

/** How long writes are held back, and how many. */
export interface GateOptions {
  /** For so long after the primary was lost, in milliseconds. */
  readonly failoverWaitMs: number;
  /** So many at a time. */
  readonly maxFailoverWaiters: number;
}

/** Until when somebody waits, and for whose sake. */
export interface GateLimits {
  /** On `scheduler.now()`; `Infinity` for no end. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
}

/** So many pass at once when it opens; then twice as many each time. */
const RAMP_START = 8;
const RAMP_STEP_MS = 10;

/**
 * Where writes that were not sent wait while there is no primary. It is bounded in number and in time: an outage that lasts longer
 * than `failoverWaitMs` fails at once whoever comes then. It opens as a ramp, since a server that has just become the primary has
 * cold caches and no sessions yet.
 */
export class FailoverGate {
  #closedSince: number | undefined;
  readonly #waiters: Waiter[] = [];
  /** Those who just wait for a moment. */
  readonly #resting: Waiter[] = [];
  #ramp: Timer | undefined;
  #batch = RAMP_START;
  #ended = false;

  constructor(
    private readonly options: GateOptions,
    private readonly env: Env,
  ) {}

  /** Whoever comes now may pass at once. */
  get open(): boolean {
    return this.#closedSince === undefined && this.#ramp === undefined;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /** There is no primary. Called more than once, the first time counts. */
  close(): void {
    this.#closedSince ??= this.env.scheduler.now();
    this.#ramp?.cancel();
    this.#ramp = undefined;
  }

  /** There is one. */
  reopen(): void {
    if (this.#closedSince === undefined) return;
    this.#closedSince = undefined;
    this.#batch = RAMP_START;
    this.#release();
  }

  /** Nobody passes any more, and nobody waits. */
  end(): void {
    this.#ended = true;
    this.#ramp?.cancel();
    this.#ramp = undefined;
    for (const { settle } of [...this.#waiters, ...this.#resting]) settle('closed');
  }

  /** Settles when the caller may pass (`undefined`), or with the reason why it may not. Never rejects. */
  pass({ deadline, signal }: GateLimits): Promise<GateRefusal | undefined> {
    const { scheduler } = this.env;
    if (this.#ended) return Promise.resolve('closed');
    if (this.open) return Promise.resolve(undefined);
    if (signal?.aborted) return Promise.resolve('aborted');
    const now = scheduler.now();
    const patience =
      this.#closedSince === undefined ? Infinity : this.#closedSince + this.options.failoverWaitMs;
    if (patience <= now) return Promise.resolve('too-late');
    if (deadline <= now) return Promise.resolve('expired');
    if (this.#waiters.length >= this.options.maxFailoverWaiters) return Promise.resolve('full');
    const why = deadline < patience ? 'expired' : 'too-late';
    return this.#wait(this.#waiters, Math.min(deadline, patience) - now, why, signal);
  }

  /** Lets somebody wait for a moment who could pass; settles as {@link FailoverGate.pass}. */
  rest(ms: number, limits: GateLimits): Promise<GateRefusal | undefined> {
    return this.#aside(ms, limits, undefined);
  }

  /** Lets him wait for something that others wait for too, however it ends; settles as {@link FailoverGate.pass}. */
  until(work: Promise<unknown>, limits: GateLimits): Promise<GateRefusal | undefined> {
    return this.#aside(Infinity, limits, work);
  }

  #aside(
    ms: number,
    { deadline, signal }: GateLimits,
    work: Promise<unknown> | undefined,
  ): Promise<GateRefusal | undefined> {
    const leftMs = deadline - this.env.scheduler.now();
    if (this.#ended) return Promise.resolve('closed');
    if (signal?.aborted) return Promise.resolve('aborted');
    if (leftMs <= 0) return Promise.resolve('expired');
    const why = leftMs < ms ? 'expired' : undefined;
    return this.#wait(this.#resting, Math.min(ms, leftMs), why, signal, work);
  }

  #wait(
    line: Waiter[],
    ms: number,
    why: GateRefusal | undefined,
    signal: AbortSignal | undefined,
    work?: Promise<unknown>,
  ): Promise<GateRefusal | undefined> {
    return new Promise((resolve) => {
      const onAbort = (): void => waiter.settle('aborted');
      const waiter: Waiter = {
        settle: (refusal) => {
          timer?.cancel();
          signal?.removeEventListener('abort', onAbort);
          const at = line.indexOf(waiter);
          if (at >= 0) line.splice(at, 1);
          resolve(refusal);
        },
      };
      const timer = ms === Infinity ? undefined : this.env.scheduler.after(ms, () => waiter.settle(why));
      signal?.addEventListener('abort', onAbort, { once: true });
      line.push(waiter);
      const over = (): void => waiter.settle(undefined);
      work?.then(over, over);
    });
  }

  #release(): void {
    this.#ramp = undefined;
    for (const { settle } of this.#waiters.slice(0, this.#batch)) settle(undefined);
    if (this.#waiters.length === 0) return;
    this.#batch *= 2;
    this.#ramp = this.env.scheduler.after(RAMP_STEP_MS, () => this.#release());
  }
}
