import type { DeadlineList, Timed } from '@nest-pooling/core';
import type { Held } from './deadlock.js';

/** One queued acquire. Links are part of it, so that leaving the queue at any place costs the same little. */
export class Waiter<V> implements Timed<Waiter<V>> {
  previous: Waiter<V> | undefined = undefined;
  next: Waiter<V> | undefined = undefined;
  /** The queue that it stands in. */
  home: WaitQueue<V> | undefined = undefined;
  /** Neighbours in the list of those with the same timeout. */
  earlier: Waiter<V> | undefined = undefined;
  later: Waiter<V> | undefined = undefined;
  list: DeadlineList<Waiter<V>> | undefined = undefined;
  /** When it began to wait. */
  since = 0;
  signal: AbortSignal | undefined = undefined;
  onAbort: (() => void) | undefined = undefined;
  /** What its flow holds already; only where deadlocks are looked for. */
  held: Held | undefined = undefined;
  /** Where it began to wait; only where stacks are taken. */
  origin: Error | undefined = undefined;

  /** When its time is over. */
  get deadline(): number {
    return this.since + this.list!.timeoutMs;
  }

  constructor(
    readonly resolve: (value: V) => void,
    readonly reject: (error: unknown) => void,
    readonly label: string | undefined,
  ) {}
}

/** Those who wait, first come first served. */
export class WaitQueue<V> {
  head: Waiter<V> | undefined = undefined;
  length = 0;
  #tail: Waiter<V> | undefined = undefined;

  /** Its waiters count as if they had come so much earlier. */
  constructor(readonly bonusMs: number) {}

  push(waiter: Waiter<V>): void {
    waiter.home = this;
    waiter.previous = this.#tail;
    if (this.#tail === undefined) this.head = waiter;
    else this.#tail.next = waiter;
    this.#tail = waiter;
    this.length++;
  }

  remove(waiter: Waiter<V>): void {
    if (waiter.home !== this) return;
    waiter.home = undefined;
    const { previous, next } = waiter;
    if (previous === undefined) this.head = next;
    else previous.next = next;
    if (next === undefined) this.#tail = previous;
    else next.previous = previous;
    waiter.previous = undefined;
    waiter.next = undefined;
    this.length--;
  }
}
