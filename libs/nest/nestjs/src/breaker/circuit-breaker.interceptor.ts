import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { BreakerRegistry } from './breaker-registry.js';
import { guardedObservable } from './guarded.js';
import { routeOf } from './route-breaker.js';

/**
 * Guards handlers that carry `@CircuitBreaker`, in HTTP, RPC and WebSocket contexts alike. The decorator brings it
 * along; registered as a global interceptor it leaves other handlers alone.
 */
@Injectable()
export class CircuitBreakerInterceptor implements NestInterceptor {
  readonly #registry: BreakerRegistry;
  /** Decorated both at its class and at the method, a handler is intercepted twice but must enter once. */
  readonly #entered = new WeakSet<ExecutionContext>();

  /** Made by Nest. */
  constructor(registry: BreakerRegistry) {
    this.#registry = registry;
  }

  /** Calls the handler if its breaker lets it, and tells the breaker how it ended. */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const route = routeOf(context.getClass(), context.getHandler());
    if (route === undefined || this.#entered.has(context)) return next.handle();
    this.#entered.add(context);
    const breaker = this.#registry.forRoute(route);
    // Entered when it is subscribed to: an interceptor in front may never do so, and would keep the permit.
    return guardedObservable({ breaker, fallback: route.breaker.fallback }, () => next.handle());
  }
}
