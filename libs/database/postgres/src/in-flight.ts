import type { WireQuery } from './wire-query.js';

/** The statements that a connection has sent or will send, in that order, until they are settled. */
export class InFlight {
  first: WireQuery | undefined;
  length = 0;
  #last: WireQuery | undefined;

  push(query: WireQuery): void {
    query.before = this.#last;
    if (this.#last) this.#last.after = query;
    else this.first = query;
    this.#last = query;
    this.length++;
  }

  /** Answers whether it was there: it is settled by whoever takes it out, once. */
  remove(query: WireQuery): boolean {
    if (query.settled) return false;
    query.settled = true;
    this.length--;
    if (query.before) query.before.after = query.after;
    else this.first = query.after;
    if (query.after) query.after.before = query.before;
    else this.#last = query.before;
    return true;
  }
}
