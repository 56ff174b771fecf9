import type { Timed } from '@nest-pooling/core';
import type { RawResult, Statement, StatementReceiver } from '../driver.js';
import type { SqlResult } from '../result.js';
import type { NodeQueryOptions } from '../node-query-options.js';
import type { Pipe } from './pipe.js';
import type { Profile } from './statement-book.js';

const nothing = (): void => {};

/** Takes the two functions out of a promise that is being made, without a closure for each. */
const captured: { resolve: (value: never) => void; reject: (error: unknown) => void } = {
  resolve: nothing,
  reject: nothing,
};
const capture = (resolve: (value: never) => void, reject: (error: unknown) => void): void => {
  captured.resolve = resolve;
  captured.reject = reject;
};

/** One statement that runs in a pipe, or waits for a place in one. Its links are part of it. */
export class Read implements Timed<Read>, StatementReceiver {
  earlier: Read | undefined = undefined;
  later: Read | undefined = undefined;
  list: Timed<Read>['list'] = undefined;
  /** Behind it, in the queue or in the pipe. */
  next: Read | undefined = undefined;
  /** Before it in the queue. */
  previous: Read | undefined = undefined;
  /** When it came into the list of its timeout. */
  since = 0;
  /** When its caller's own time is over; `Infinity` for never. */
  expires = Infinity;
  /** Where it runs; `undefined` while it waits. */
  pipe: Pipe | undefined = undefined;
  waiting = false;
  /** Its caller was told already: what still comes is dropped. */
  settled = false;
  /** It was run again, since what happened to it was not meant for it. */
  repeated = false;
  /** What it heeds besides time. */
  signal: AbortSignal | undefined = undefined;
  onAbort: (() => void) | undefined = undefined;
  readonly promise: Promise<SqlResult<never>>;
  readonly #resolve: (result: SqlResult) => void;
  readonly #reject: (error: unknown) => void;

  get deadline(): number {
    return this.since + this.list!.timeoutMs;
  }

  constructor(
    readonly statement: Statement,
    readonly profile: Profile,
    readonly options: NodeQueryOptions | undefined,
  ) {
    this.promise = new Promise<SqlResult<never>>(capture);
    this.#resolve = captured.resolve as (result: SqlResult) => void;
    this.#reject = captured.reject;
    captured.resolve = nothing;
    captured.reject = nothing;
  }

  answered(result: RawResult): void {
    this.pipe!.answered(this, result);
  }

  failed(error: unknown): void {
    this.pipe!.failed(this, error);
  }

  resolve(result: SqlResult): void {
    if (this.#end()) this.#resolve(result);
  }

  reject(error: unknown): void {
    if (this.#end()) this.#reject(error);
  }

  /** Its signal is none of its business any more. */
  disobey(): void {
    if (this.onAbort !== undefined) this.signal?.removeEventListener('abort', this.onAbort);
    this.onAbort = undefined;
  }

  #end(): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.list?.remove(this);
    this.disobey();
    return true;
  }
}

/** Reads that wait for a place, first come first served; leaving at any place costs the same little. */
export class ReadQueue {
  first: Read | undefined = undefined;
  length = 0;
  #last: Read | undefined = undefined;

  push(read: Read): void {
    read.waiting = true;
    read.previous = this.#last;
    if (this.#last === undefined) this.first = read;
    else this.#last.next = read;
    this.#last = read;
    this.length++;
  }

  /** Puts one in front: it was on its way already. */
  unshift(read: Read): void {
    read.waiting = true;
    read.next = this.first;
    if (this.first === undefined) this.#last = read;
    else this.first.previous = read;
    this.first = read;
    this.length++;
  }

  remove(read: Read): void {
    if (!read.waiting) return;
    read.waiting = false;
    const { previous, next } = read;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    read.previous = undefined;
    read.next = undefined;
    this.length--;
  }
}
