import { AsyncResource } from 'node:async_hooks';
import { LEFT, type Bracket } from './bracket.js';

interface OpenIterator {
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
  /** The flow of the bracket: the body of a generator runs when it is asked for a value, and must run in there. */
  readonly flow: AsyncResource;
  readonly source: AsyncIterator<unknown>;
}

/** Puts a bracket around an async iterator, from its first value to its last; one that is left ends the bracket at once. */
export function surroundIterator(
  bracket: Bracket,
  call: () => AsyncIterable<unknown>,
): AsyncGenerator<unknown, void> {
  let left = false;
  let fail: ((error: unknown) => void) | undefined;
  const leave = (): void => {
    left = true;
    fail?.(LEFT);
  };
  const values = surrounded(bracket, call, (failed) => {
    fail = failed;
    // While it still waited for its bracket.
    if (left) leave();
  });
  return new LeavableGenerator(values, leave);
}

/** Has the body of an async generator run by `enter`, step by step. */
export function inFlowIterator(
  enter: <R>(fn: () => R) => R,
  source: AsyncGenerator,
): AsyncGenerator<unknown, void> {
  const leave = (): void => void enter(() => source.return(undefined)).catch(() => {});
  return new LeavableGenerator(entered(enter, source), leave);
}

/**
 * A generator that whoever reads it can leave while it waits for its next value, for an event that may never come. Those of the language only
 * queue that up behind the value.
 */
class LeavableGenerator implements AsyncGenerator<unknown, void> {
  readonly [Symbol.toStringTag] = 'AsyncGenerator';
  readonly #values: AsyncGenerator<unknown, void>;
  readonly #leave: () => void;
  #waiting = 0;

  constructor(values: AsyncGenerator<unknown, void>, leave: () => void) {
    this.#values = values;
    this.#leave = leave;
  }

  async next(): Promise<IteratorResult<unknown, void>> {
    this.#waiting++;
    try {
      return await this.#values.next();
    } finally {
      this.#waiting--;
    }
  }

  return(): Promise<IteratorResult<unknown, void>> {
    // One that rests at a value ends in its own order: what it does in `finally` still belongs to it.
    if (this.#waiting > 0) this.#leave();
    return this.#values.return(undefined);
  }

  throw(error: unknown): Promise<IteratorResult<unknown, void>> {
    if (this.#waiting > 0) this.#leave();
    return this.#values.throw(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

async function* surrounded(
  bracket: Bracket,
  call: () => AsyncIterable<unknown>,
  begun: (failed: (error: unknown) => void) => void,
): AsyncGenerator<unknown, void> {
  let opened!: (open: OpenIterator) => void;
  const whenOpen = new Promise<OpenIterator>((resolve) => (opened = resolve));
  const work = (): Promise<void> =>
    new Promise((done, failed) => {
      const flow = new AsyncResource('nest-pooling.method');
      opened({ done, failed, flow, source: call()[Symbol.asyncIterator]() });
    });
  const ended = bracket(work);
  // It ends before it is open only when it cannot begin.
  const { done, failed, flow, source } = await Promise.race([whenOpen, ended as Promise<never>]);
  begun(failed);
  let over = false;
  try {
    for (;;) {
      const step = await flow.runInAsyncScope(() => source.next());
      if (step.done === true) break;
      yield step.value;
    }
    over = true;
    done();
    await ended;
  } catch (error) {
    if (over) throw error;
    over = true;
    failed(error);
    // It rejects with what it was told, unless the end went wrong too.
    await ended;
  } finally {
    if (!over) {
      await flow.runInAsyncScope(() => source.return?.());
      failed(LEFT);
      await ended.catch(() => {});
    }
  }
}

async function* entered(enter: <R>(fn: () => R) => R, source: AsyncGenerator): AsyncGenerator<unknown, void> {
  try {
    for (;;) {
      const step = await enter(() => source.next());
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    await enter(() => source.return(undefined));
  }
}
