import { AsyncResource } from 'node:async_hooks';
import { isObservable, Observable, throwError, type Subscription } from 'rxjs';
import { UndeclaredObservableError } from '../errors/method-errors.js';
import type { Place } from './wrap-method.js';

/** Something that lasts as long as a piece of work: a transaction, a lent session. */
export type Bracket = <R>(work: () => Promise<R>) => Promise<R>;

/** What a bracket fails with when whoever listened went away before the end: that says nothing about the work. */
export const LEFT = new Error('the caller has left');

/**
 * Puts a bracket around what a method gives: a promise until it settles, an observable from its subscription to its end, an async iterator
 * from its first value to its last. Values are passed on as they come, the end when the bracket has ended well. For an observable or an
 * iterator that is left before its end the work of the bracket fails.
 */
export function surround(place: Place, bracket: Bracket, call: () => unknown): unknown {
  switch (place.gives) {
    case 'observable':
      return surroundObservable(bracket, call as () => Observable<unknown>);
    case 'iterator':
      return surroundIterator(bracket, call as () => AsyncIterable<unknown>);
    default:
      return bracket(async () => {
        const result = await call();
        if (isObservable(result)) throw new UndeclaredObservableError(place.toString());
        if (isAsyncGenerator(result)) throw new UndeclaredObservableError(place.toString(), true);
        return result;
      });
  }
}

/** Says that a method failed before it began, in the way in which it gives everything. */
export function failing(place: Place, error: unknown): unknown {
  switch (place.gives) {
    case 'observable':
      return throwError(() => error);
    case 'iterator':
      return surroundIterator(() => Promise.reject(error), undefined as never);
    default:
      return Promise.reject(error);
  }
}

/** Has a method, and what it gives, run by `enter`, which sets something in its asynchronous flow. */
export function inFlow(place: Place, enter: <R>(fn: () => R) => R, call: () => unknown): unknown {
  const result = enter(call);
  if (isObservable(result)) return new Observable((subscriber) => enter(() => result.subscribe(subscriber)));
  return place.gives === 'iterator' ? inFlowIterator(enter, result as AsyncGenerator) : result;
}

function isAsyncGenerator(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object AsyncGenerator]';
}

function surroundObservable(bracket: Bracket, call: () => Observable<unknown>): Observable<unknown> {
  return new Observable((subscriber) => {
    let inner: Subscription | undefined;
    let leave: (() => void) | undefined;
    // What is done with the values belongs to whoever listens, not into the flow of the bracket.
    const outside = new AsyncResource('nest-pooling.method');
    const work = (): Promise<void> =>
      new Promise((resolve, reject) => {
        if (subscriber.closed) return reject(LEFT);
        leave = () => reject(LEFT);
        inner = call().subscribe({
          next: (value) => outside.runInAsyncScope(() => subscriber.next(value)),
          error: reject,
          complete: resolve,
        });
      });
    bracket(work).then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
    return () => {
      inner?.unsubscribe();
      leave?.();
    };
  });
}

interface OpenIterator {
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
  /** The flow of the bracket: the body of a generator runs when it is asked for a value, and must run in there. */
  readonly flow: AsyncResource;
  readonly source: AsyncIterator<unknown>;
}

async function* surroundIterator(
  bracket: Bracket,
  call: () => AsyncIterable<unknown>,
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

async function* inFlowIterator(
  enter: <R>(fn: () => R) => R,
  source: AsyncGenerator,
): AsyncGenerator<unknown, void> {
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
