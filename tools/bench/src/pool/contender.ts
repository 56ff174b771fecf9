import type { Subject } from '../subject.js';

/** The operations that a crowd has left to do, among all of its workers. */
export class Todo {
  #left: number;

  constructor(operations: number) {
    this.#left = operations;
  }

  /** Takes one of them; false when none is left. */
  take(): boolean {
    return this.#left-- > 0;
  }
}

/**
 * One pool, whoever wrote it. Each writes its loops out itself: in a loop that all shared, the compiler would
 * see every pool at one call site and inline none of them, which costs the fast ones most.
 */
export interface Contender {
  readonly name: string;
  /** What it was given, and what it does not have; what is not named is its default. */
  readonly options: string;
  /** Opens the pool. */
  open(): Promise<void>;
  /** Takes and gives back `n` times, one after the other: what a pool costs when nobody waits. */
  alone(n: number): Promise<void>;
  /** One worker of a crowd. Holds over a turn of the microtask queue, so that the others come to wait. */
  work(todo: Todo): Promise<void>;
  /** Holds a resource for as long as `body` takes; of no speed that is measured. */
  hold(body: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** What all of them are given: our own defaults, which nobody may notice who does not set them. */
export const MIN = 2;
export const MAX = 10;
export const ACQUIRE_TIMEOUT_MS = 10_000;
export const WORKERS = 1_000;

/** One caller at a time. */
export function alone(contender: Contender): Subject {
  return {
    name: contender.name,
    setup: () => fill(contender),
    run: (n) => contender.alone(n),
    teardown: () => contender.close(),
  };
}

/** A thousand workers on ten resources: what its queue costs. */
export function crowded(contender: Contender): Subject {
  return {
    name: contender.name,
    setup: () => fill(contender),
    run: async (n) => {
      const todo = new Todo(n);
      await Promise.all(Array.from({ length: WORKERS }, () => contender.work(todo)));
    },
    teardown: () => contender.close(),
  };
}

/** Opens it and has all of its resources made. */
export async function fill(contender: Contender): Promise<void> {
  await contender.open();
  const turn = (): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  await Promise.all(Array.from({ length: MAX * 2 }, () => contender.hold(turn)));
}
