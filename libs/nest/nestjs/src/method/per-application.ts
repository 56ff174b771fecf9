import { systemEnv, type Env } from '@nest-pooling/core';
import { applicationOf } from './application.js';
import type { Place } from './wrap-method.js';

/** Under it stands what was made for calls without any application. */
const NOBODY = {};

/** Makes something once for each application: what one does must not count for another of the same process. */
export function perApplication<T>(make: (env: Env) => T): (instance: object | undefined, place: Place) => T {
  const made = new WeakMap<object, T>();
  return (instance, place) => {
    const application = applicationOf(instance, place);
    const key = application ?? NOBODY;
    let one = made.get(key);
    if (one === undefined) made.set(key, (one = make(application?.env ?? systemEnv)));
    return one;
  };
}
