import { contextKey, getContext, runInContext, type ContextKey } from '@nest-pooling/core';
import type { Position } from '@nest-pooling/sql';
import type { Want } from './need.js';

/** What one caller has written by one router, and what it was told that others have. */
export interface Tracker {
  /** The number of its last write; 0 for none. */
  writes: number;
  /** A position that came with a token. */
  want: Want | undefined;
}

/** Whose reads must see whose writes: by router, since each has a history of its own. */
export class CausalScope {
  readonly #trackers = new Map<object, Tracker>();

  constructor(private readonly outer: CausalScope | undefined) {}

  /** What is known for a router here. */
  tracker(router: object): Tracker {
    let tracker = this.#trackers.get(router);
    if (tracker === undefined) {
      // A scope within another one belongs to the same caller.
      tracker = { writes: 0, want: undefined, ...this.outer?.tracker(router) };
      this.#trackers.set(router, tracker);
    }
    return tracker;
  }

  /** A write has ended. */
  wrote(router: object, write: number): void {
    this.tracker(router).writes = write;
    this.outer?.wrote(router, write);
  }

  /** Reads must see `position`, too. */
  expect(router: object, position: Position | undefined): void {
    this.tracker(router).want = { position, passed: new WeakSet() };
  }
}

const scopeKey: ContextKey<CausalScope> = contextKey('routing.causal');

/** The causal scope of the current asynchronous flow. */
export function causalScope(): CausalScope | undefined {
  return getContext(scopeKey);
}

/**
 * Runs `work` as one caller: reads inside that are `read-your-writes` see what was written inside, by any router, and need not wait for
 * what others write meanwhile. For a request, a message or a job. Outside of any such scope all writes of the process count.
 */
export function runInCausalScope<R>(work: () => R): R {
  return runInContext(scopeKey, new CausalScope(causalScope()), work);
}
