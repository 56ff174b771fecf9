import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { BreakerRegistry } from './breaker-registry.js';
import { guardedObservable, type Guard } from './guarded.js';
import { routeOf } from './route-breaker.js';

/**
 * Decorated both at its class and at the method, a handler is intercepted twice but must enter once. A property of the context, which is made
 * for each call: to remember contexts elsewhere would cost more than all the rest.
 */
const ENTERED = Symbol('nest-pooling:breaker-entered');
type Entered = { [ENTERED]?: boolean };

type AnyClass = { readonly name: string };
type Handler = { readonly name: string };

/**
 * Guards handlers that carry `@CircuitBreaker`, in HTTP, RPC and WebSocket contexts alike. The decorator brings it
 * along; registered as a global interceptor it leaves other handlers alone.
 */
@Injectable()
export class CircuitBreakerInterceptor implements NestInterceptor {
  readonly #registry: BreakerRegistry;
  /** By class and handler: metadata is looked up once. */
  readonly #guards = new WeakMap<object, Map<object, Guard | undefined>>();

  /** Made by Nest. */
  constructor(registry: BreakerRegistry) {
    this.#registry = registry;
  }

  /** Calls the handler if its breaker lets it, and tells the breaker how it ended. */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const guard = this.#guardOf(context.getClass(), context.getHandler());
    const call = context as ExecutionContext & Entered;
    if (guard === undefined || call[ENTERED] === true) return next.handle();
    call[ENTERED] = true;
    // Entered when it is subscribed to: an interceptor in front may never do so, and would keep the permit.
    return guardedObservable(guard, () => next.handle());
  }

  #guardOf(type: AnyClass, handler: Handler): Guard | undefined {
    let guards = this.#guards.get(type);
    if (guards === undefined) this.#guards.set(type, (guards = new Map()));
    let guard = guards.get(handler);
    if (guard === undefined && !guards.has(handler)) {
      const route = routeOf(type, handler);
      guard = route && { breaker: this.#registry.forRoute(route), fallback: route.breaker.fallback };
      guards.set(handler, guard);
    }
    return guard;
  }
}
