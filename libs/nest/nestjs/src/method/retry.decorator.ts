import { Problems } from '@nest-pooling/core';
import { Retry as Retries, type RetryOptions } from '@nest-pooling/resilience';
import { inAnyTransaction } from '@nest-pooling/sql';
import { Observable, type Subscription } from 'rxjs';
import { perApplication } from './per-application.js';
import { failing } from './surround.js';
import { methodDecorator, type Method } from './wrap-method.js';

/** Options of {@link Retry}; those that are left out have the defaults of `@nest-pooling/resilience`. */
export type MethodRetryOptions = Omit<RetryOptions, 'name'>;

/**
 * Calls a method again that failed because a resource was not available or another change got in the way, after a pause, within the
 * deadline of the call and a budget of 20 % of the calls. Each attempt borrows its resources anew. What has an unknown outcome is not
 * repeated. Within a transaction it does nothing, since that has failed as a whole: put it at the method that begins the transaction,
 * above `@Transactional`.
 *
 * An observable is tried again until its first value. A generator cannot be.
 *
 * @throws OptionsError when the class is defined, with every wrong option
 */
export function Retry(options: MethodRetryOptions = {}): MethodDecorator {
  return methodDecorator('@Retry', (original, place) => {
    const named = { ...options, name: place.toString() };
    // Refused here, not at the first call.
    void new Retries(named);
    if (place.gives === 'iterator') {
      const problems = new Problems();
      problems.add(
        'method',
        'must give a promise or an observable: what a generator has given cannot be taken back',
      );
      problems.throwIfAny(`@Retry of ${place.toString()}`);
    }
    const retries = perApplication((env) => new Retries(named, env));
    const method: Method = function (...args) {
      const call = (): unknown => original.apply(this, args);
      if (inAnyTransaction()) return call();
      try {
        const retry = retries(this, place);
        return place.gives === 'observable'
          ? retried(retry, call as () => Observable<unknown>)
          : retry.run(call);
      } catch (error) {
        return failing(place, error);
      }
    };
    return method;
  });
}

function retried(retry: Retries, call: () => Observable<unknown>): Observable<unknown> {
  return new Observable((subscriber) => {
    const cut = new AbortController();
    let inner: Subscription | undefined;
    const attempt = (): Promise<void> =>
      new Promise((resolve, reject) => {
        let begun = false;
        inner = call().subscribe({
          next: (value) => {
            begun = true;
            subscriber.next(value);
          },
          error: (error: unknown) => {
            if (!begun) return reject(error);
            subscriber.error(error);
            resolve();
          },
          complete: resolve,
        });
      });
    retry.run(attempt, { signal: cut.signal }).then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
    return () => {
      cut.abort(new Error('nobody listens any more'));
      inner?.unsubscribe();
    };
  });
}
