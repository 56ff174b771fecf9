import {
  deadlineKey,
  getContext,
  Problems,
  scopedSignal,
  systemEnv,
  withoutStack,
  type Env,
  type Timer,
} from '@nest-pooling/core';
import { BulkheadFullError, BulkheadTimeoutError } from './bulkhead-errors.js';

/** How much of something may run at a time. */
export interface BulkheadOptions {
  /** What is limited, for messages. */
  readonly name: string;
  /** So many calls run at a time. */
  readonly maxConcurrent: number;
  /** So many more wait. Default 0: what is too much is refused at once. */
  readonly maxQueue?: number;
  /** How long they wait, in milliseconds; the scope's deadline holds as well. Default `Infinity`. */
  readonly queueTimeoutMs?: number;
}

/** The numbers of a {@link Bulkhead}. */
export interface BulkheadReport {
  /** What is limited. */
  readonly name: string;
  /** Calls that run. */
  readonly active: number;
  /** Calls that wait. */
  readonly waiting: number;
  /** Calls that were refused, or waited in vain. */
  readonly rejected: number;
}

interface Waiter {
  readonly admit: () => void;
}

/**
 * Lets only so many calls run at a time, so that one slow dependency cannot take everything that a service has (the pattern is Michael
 * Nygard's). First come, first served. A call that need not wait costs no timer.
 */
export class Bulkhead {
  /** What is limited. */
  readonly name: string;
  readonly #max: number;
  readonly #maxQueue: number;
  readonly #timeoutMs: number;
  readonly #env: Env;
  /** In the order in which they came; a set, as each may leave from anywhere. */
  readonly #waiters = new Set<Waiter>();
  #active = 0;
  #rejected = 0;

  /** @throws OptionsError (`OPTIONS_INVALID`) that lists every wrong option */
  constructor(options: BulkheadOptions, env: Env = systemEnv) {
    check(options);
    this.name = options.name;
    this.#max = options.maxConcurrent;
    this.#maxQueue = options.maxQueue ?? 0;
    this.#timeoutMs = options.queueTimeoutMs ?? Infinity;
    this.#env = env;
  }

  /**
   * Calls `fn` as soon as there is room.
   * @throws BulkheadFullError `BULKHEAD_FULL`, BulkheadTimeoutError `BULKHEAD_TIMEOUT`; the signal's reason when it aborts while waiting
   */
  async run<R>(fn: () => Promise<R> | R, signal?: AbortSignal): Promise<R> {
    if (this.#active < this.#max) this.#active++;
    else await this.#wait(scopedSignal(signal));
    try {
      return await fn();
    } finally {
      this.#leave();
    }
  }

  /** Its numbers now. */
  report(): BulkheadReport {
    return { name: this.name, active: this.#active, waiting: this.#waiters.size, rejected: this.#rejected };
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    const { scheduler } = this.#env;
    const left = (getContext(deadlineKey) ?? Infinity) - scheduler.now();
    const ms = Math.min(this.#timeoutMs, left);
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    if (this.#waiters.size >= this.#maxQueue || ms <= 0) return Promise.reject(this.#full());
    return new Promise((resolve, reject) => {
      let timer: Timer | undefined;
      const leave = (error: Error): void => {
        this.#rejected++;
        gone();
        reject(error);
      };
      const abort = (): void => leave(signal!.reason as Error);
      const gone = (): void => {
        this.#waiters.delete(waiter);
        timer?.cancel();
        signal?.removeEventListener('abort', abort);
      };
      const waiter: Waiter = {
        admit: () => {
          gone();
          resolve();
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', abort, { once: true });
      if (ms === Infinity) return;
      timer = scheduler.after(ms, () => leave(new BulkheadTimeoutError(this.name, ms, this.#active)));
    });
  }

  /** Its place goes to whoever waits longest: it is never free in between, so that nobody can overtake. */
  #leave(): void {
    const [next] = this.#waiters;
    if (next === undefined) this.#active--;
    else next.admit();
  }

  #full(): BulkheadFullError {
    this.#rejected++;
    const { name } = this;
    return withoutStack(() => new BulkheadFullError(name, this.#active, this.#waiters.size));
  }
}

function check(options: BulkheadOptions): void {
  const problems = new Problems();
  const { name, maxConcurrent, maxQueue, queueTimeoutMs } = options;
  problems.unknown('', options, ['name', 'maxConcurrent', 'maxQueue', 'queueTimeoutMs']);
  if (typeof name !== 'string' || name === '') problems.add('name', 'must be a string that is not empty');
  if (maxConcurrent === undefined) problems.add('maxConcurrent', 'is needed');
  problems.number('maxConcurrent', maxConcurrent, { min: 1, integer: true });
  problems.number('maxQueue', maxQueue, { min: 0, integer: true });
  problems.duration('queueTimeoutMs', queueTimeoutMs, { min: 1, infinite: true });
  problems.throwIfAny(`Bulkhead '${name || '(without a name)'}'`);
}
