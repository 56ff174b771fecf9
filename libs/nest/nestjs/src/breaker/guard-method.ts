import { applicationOf, type Application } from '../method/application.js';
import { failing } from '../method/surround.js';
import { methodDecorator } from '../method/wrap-method.js';
import { guarded, type Guard } from './guarded.js';
import { routeOf } from './route-breaker.js';

/** Metadata that only those methods carry which Nest itself calls, through its interceptors. */
const HANDLER_KEYS = ['method', 'microservices:pattern', 'websockets:message_mapping'];

type AnyClass = { readonly name: string; readonly prototype: Record<PropertyKey, unknown> };

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
