import { AsyncResource } from 'node:async_hooks';
import { isObservable, Observable, throwError, type Subscription } from 'rxjs';
import { UndeclaredObservableError } from '../errors/method-errors.js';
import { LEFT, type Bracket } from './bracket.js';
import { inFlowIterator, surroundIterator } from './surround-iterator.js';
import type { Place } from './wrap-method.js';

export { LEFT, type Bracket } from './bracket.js';

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
