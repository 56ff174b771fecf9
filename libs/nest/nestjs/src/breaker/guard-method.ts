import type { CircuitBreaker, CircuitOpenError } from '@nest-pooling/resilience';
import { catchError, defer, throwError, type Observable } from 'rxjs';
import { applicationOf, type Application } from '../method/application.js';
import { failing, LEFT, surround } from '../method/surround.js';
import { methodDecorator, type Place } from '../method/wrap-method.js';
import { routeOf, type BreakerFallback } from './route-breaker.js';

/** Metadata that only those methods carry which Nest itself calls, through its interceptors. */
const HANDLER_KEYS = ['method', 'microservices:pattern', 'websockets:message_mapping'];

type AnyClass = { readonly name: string; readonly prototype: Record<PropertyKey, unknown> };

/** What was found out about a method of a class. */
interface Guard {
  readonly breaker: CircuitBreaker;
  readonly fallback: BreakerFallback | undefined;
}

/** Guards a method of a provider, which no interceptor ever sees; one that Nest calls itself is left to that. */
export const guardMethod: MethodDecorator = (target, key, descriptor) =>
  methodDecorator('@CircuitBreaker', (original, place) => {
    /** By application and class; `undefined` for a handler. */
    const found = new WeakMap<object, WeakMap<object, Guard | undefined>>();
    return function (...args) {
      const call = (): unknown => original.apply(this, args);
      const type = (this?.constructor ?? target.constructor) as AnyClass;
      try {
        const application = applicationOf(this, place);
        // As a test calls it, say, on an object of its own: there are no breakers.
        if (application === undefined) return call();
        let guards = found.get(application);
        if (guards === undefined) found.set(application, (guards = new WeakMap()));
        if (!guards.has(type)) guards.set(type, guardOf(application, type, key));
        const guard = guards.get(type);
        return guard === undefined ? call() : guarded(guard, place, call);
      } catch (error) {
        return failing(place, error);
      }
    };
  })(target, key, descriptor);

function guardOf(application: Application, type: AnyClass, key: PropertyKey): Guard | undefined {
  // The outermost function: that is the one which the container shows.
  const handler = type.prototype[key] as { readonly name: string };
  const route = isHandler(handler) ? undefined : routeOf(type, handler);
  return route && { breaker: application.breakers.forRoute(route), fallback: route.breaker.fallback };
}

function isHandler(method: object): boolean {
  const keys = Reflect.getMetadataKeys(method) as readonly unknown[];
  return keys.some(
    (key) => typeof key === 'string' && (HANDLER_KEYS.includes(key) || key.startsWith('graphql:')),
  );
}

function guarded({ breaker, fallback }: Guard, place: Place, call: () => unknown): unknown {
  let rejection: CircuitOpenError | undefined;
  const bracket = async <R>(work: () => Promise<R>): Promise<R> => {
    const permit = breaker.tryEnter();
    if (permit === 0) throw (rejection = breaker.rejection());
    const began = breaker.moment();
    try {
      const result = await work();
      breaker.succeed(permit, began);
      return result;
    } catch (error) {
      if (error === LEFT) breaker.neutral(permit);
      else breaker.fail(permit, error, began);
      throw error;
    }
  };
  const result = surround(place, bracket, call);
  if (fallback === undefined) return result;
  if (place.gives === 'observable') {
    return (result as Observable<unknown>).pipe(
      catchError((error: unknown) =>
        error === rejection ? defer(async () => fallback(rejection!)) : throwError(() => error),
      ),
    );
  }
  return (result as Promise<unknown>).catch((error: unknown) => {
    if (error !== rejection) throw error;
    return fallback(rejection!);
  });
}
