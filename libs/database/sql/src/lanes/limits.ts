import { deadlineKey, Deadlines, getContext, scopedSignal } from '@nest-pooling/core';
import { PoolCancelledError } from '@nest-pooling/pool';
import { SqlCancelledError, SqlTimeoutError } from '../errors.js';
import type { SqlNode } from '../sql-node.js';
import type { NodeQueryOptions } from '../node-query-options.js';
import type { Read, ReadQueue } from './read.js';
import type { TurnClock } from './turn-clock.js';

/**
 * Until when reads wait and run: the pool's own limit for those who wait, the caller's for all. Who gives up on the wire is told at
 * once; its statement is cancelled only while it is the one that runs.
 */
export class Limits {
  readonly #deadlines: Deadlines<Read>;

  constructor(
    private readonly node: SqlNode,
    private readonly queue: ReadQueue,
    private readonly clock: TurnClock,
  ) {
    this.#deadlines = new Deadlines(node.env.scheduler, (read) => this.#expire(read));
  }

  /** Notes the caller's own limits; answers whether there is still something to run. */
  apply(read: Read): boolean {
    const { options } = read;
    const deadline = getContext(deadlineKey);
    if (options?.timeoutMs !== undefined || deadline !== undefined) {
      // Not the turn's time: whoever asks may have been at work since it began.
      const own = this.node.env.scheduler.now() + (options?.timeoutMs ?? Infinity);
      read.expires = Math.min(own, deadline ?? Infinity);
    }
    const signal = scopedSignal(options?.signal);
    return signal === undefined || this.#obey(read, signal);
  }

  /** It waits now. */
  waits(read: Read): void {
    const { acquireTimeoutMs } = this.node.pool.settings;
    const now = this.#now(read);
    this.#time(read, now, Math.min(acquireTimeoutMs, read.expires - now));
  }

  /** It is on the wire now. */
  runs(read: Read): void {
    read.list?.remove(read);
    if (read.expires === Infinity) return;
    const now = this.#now(read);
    this.#time(read, now, read.expires - now);
  }

  /** Somebody else sees to them; answers what is left of them. */
  handOver(read: Read): NodeQueryOptions | undefined {
    const { expires, signal } = read;
    read.list?.remove(read);
    read.disobey();
    // Where it goes, the scope is not its caller's.
    const options = signal === undefined ? read.options : { ...read.options, signal };
    return expires === Infinity ? options : { ...options, timeoutMs: expires - this.#now(read) };
  }

  /** Drops the timers; nobody waits or runs any more. */
  dispose(): void {
    this.#deadlines.dispose();
  }

  /** For a limit of the caller's own exactly; for the pool's the turn's time will do. */
  #now({ expires }: Read): number {
    return expires === Infinity ? this.clock.now() : this.node.env.scheduler.now();
  }

  #time(read: Read, now: number, ms: number): void {
    read.list?.remove(read);
    read.since = Math.ceil(now);
    this.#deadlines.add(read, Math.max(0, ms));
  }

  #expire(read: Read): void {
    const { pool, id } = this.node;
    if (read.waiting) {
      this.queue.remove(read);
      read.reject(pool.inFront.expired(this.clock.now() - read.since));
    } else {
      read.reject(new SqlTimeoutError(id, read.options?.timeoutMs ?? 0));
      read.pipe?.giveUp(read);
    }
  }

  #obey(read: Read, signal: AbortSignal): boolean {
    const { id } = this.node;
    read.signal = signal;
    if (signal.aborted) {
      read.reject(new PoolCancelledError(id, signal.reason));
      return false;
    }
    read.onAbort = () => {
      const { waiting, pipe } = read;
      this.queue.remove(read);
      const { reason } = signal;
      read.reject(waiting ? new PoolCancelledError(id, reason) : new SqlCancelledError(id, reason));
      pipe?.giveUp(read);
    };
    signal.addEventListener('abort', read.onAbort, { once: true });
    return true;
  }
}
