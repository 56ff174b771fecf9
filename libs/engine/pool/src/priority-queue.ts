import { WaitQueue, type Waiter } from './waiter.js';

/** How urgent an acquire is. */
export type AcquirePriority = 'high' | 'normal' | 'low';

/**
 * Those who wait: first come first served within a priority. Between priorities a higher one counts as if it had come
 * `agingMs` earlier, so that a lower one is never starved: after so long it is older than whoever comes.
 */
export class PriorityQueue<V> {
  readonly #normal = new WaitQueue<V>(0);
  readonly #high: WaitQueue<V>;
  readonly #low: WaitQueue<V>;
  /** How many are not of normal priority: none, usually. */
  #ranked = 0;

  constructor(agingMs: number) {
    this.#high = new WaitQueue<V>(agingMs);
    this.#low = new WaitQueue<V>(-agingMs);
  }

  get length(): number {
    return this.#normal.length + this.#ranked;
  }

  /** Who is served next. */
  get head(): Waiter<V> | undefined {
    return this.#ranked === 0 ? this.#normal.head : this.#first();
  }

  push(waiter: Waiter<V>, priority: AcquirePriority | undefined): void {
    if (priority === undefined || priority === 'normal') {
      this.#normal.push(waiter);
      return;
    }
    this.#ranked++;
    (priority === 'high' ? this.#high : this.#low).push(waiter);
  }

  remove(waiter: Waiter<V>): void {
    const { home } = waiter;
    if (home === undefined) return;
    home.remove(waiter);
    if (home !== this.#normal) this.#ranked--;
  }

  /** Calls `visit` for all, those of a priority in their order. */
  each(visit: (waiter: Waiter<V>) => void): void {
    for (const queue of [this.#high, this.#normal, this.#low]) {
      for (let waiter = queue.head; waiter !== undefined; waiter = waiter.next) visit(waiter);
    }
  }

  #first(): Waiter<V> | undefined {
    let first: Waiter<V> | undefined;
    let least = Infinity;
    for (const queue of [this.#high, this.#normal, this.#low]) {
      const { head, bonusMs } = queue;
      if (head === undefined || (first !== undefined && head.since - bonusMs >= least)) continue;
      first = head;
      least = head.since - bonusMs;
    }
    return first;
  }
}
