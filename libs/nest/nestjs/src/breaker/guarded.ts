import type { CircuitBreaker, CircuitOpenError } from '@nest-pooling/resilience';
import { defer, Observable, throwError, type Observer, type Unsubscribable } from 'rxjs';
import { surround } from '../method/surround.js';
import type { Place } from '../method/wrap-method.js';
import type { BreakerFallback } from './route-breaker.js';

/** What stands in front of a handler or a method. */
export interface Guard {
  readonly breaker: CircuitBreaker;
  readonly fallback: BreakerFallback | undefined;
}

/** Lets a method's call through its breaker, which counts how it ends. */
export function guarded(guard: Guard, place: Place, call: () => unknown): unknown {
  if (place.gives === 'observable') return guardedObservable(guard, call as () => Observable<unknown>);
  const { breaker, fallback } = guard;
  if (fallback === undefined) return surround(place, (work) => breaker.run(work), call);
  // Not by the kind of the error: a call within this one may have been refused by the same breaker, and have nothing to fall back to.
  let admitted = false;
  const result = surround(
    place,
    (work) =>
      breaker.run(() => {
        admitted = true;
        return work();
      }),
    call,
  );
  const refused = (error: unknown): unknown => {
    if (admitted) throw error;
    return fallback(error as CircuitOpenError);
  };
  return place.gives === 'iterator'
    ? orElse(result as AsyncIterableIterator<unknown>, refused)
    : (result as Promise<unknown>).catch(refused);
}

/**
 * The same for an observable: it enters at each subscription, and one that is left before its end counts for nothing. Nothing is put off, so
 * that an interceptor changes no order.
 */
export function guardedObservable(
  { breaker, fallback }: Guard,
  call: () => Observable<unknown>,
): Observable<unknown> {
  return new Observable((subscriber) => {
    const permit = breaker.tryEnter();
    if (permit === 0) {
      const rejection = breaker.rejection();
      const answer =
        fallback === undefined ? throwError(() => rejection) : defer(async () => fallback(rejection));
      return answer.subscribe(subscriber);
    }
    const began = breaker.moment();
    let ended = false;
    const inner = follow(call, {
      next: (value) => subscriber.next(value),
      error: (error: unknown) => {
        if (!ended) breaker.fail(permit, error, began);
        ended = true;
        subscriber.error(error);
      },
      complete: () => {
        if (!ended) breaker.succeed(permit, began);
        ended = true;
        subscriber.complete();
      },
    });
    return () => {
      // Still running: whoever listened went away, which says nothing about the dependency.
      if (!ended) breaker.neutral(permit);
      ended = true;
      inner.unsubscribe();
    };
  });
}

function follow(call: () => Observable<unknown>, observer: Observer<unknown>): Unsubscribable {
  try {
    return call().subscribe(observer);
  } catch (error) {
    observer.error(error);
    return { unsubscribe: () => {} };
  }
}

/**
 * A generator's values, or what stands in for all of them: those of an iterable, else one value. No generator itself: one that is left while it
 * waits for a value would only hear of it when that has come.
 */
function orElse(
  values: AsyncIterableIterator<unknown>,
  refused: (error: unknown) => unknown,
): AsyncIterableIterator<unknown> {
  let source: AsyncIterator<unknown> = values;
  const instead = async (error: unknown): Promise<IteratorResult<unknown>> => {
    source = iteratorOf(await refused(error));
    return source.next();
  };
  return {
    next: async () => (source === values ? source.next().catch(instead) : source.next()),
    return: async (value) => (await source.return?.(value)) ?? { done: true, value },
    throw: async (error) => {
      if (source.throw === undefined) throw error;
      return source.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function iteratorOf(answer: unknown): AsyncIterator<unknown> {
  return isAsyncIterable(answer) ? answer[Symbol.asyncIterator]() : one(answer);
}

async function* one(value: unknown): AsyncGenerator<unknown, void> {
  yield value;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
