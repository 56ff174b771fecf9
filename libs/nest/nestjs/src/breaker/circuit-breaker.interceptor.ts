import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { CircuitBreaker } from '@nest-pooling/resilience';
import { defer, Observable, throwError, type Subscriber } from 'rxjs';
import { BreakerRegistry } from './breaker-registry.js';
import { routeOf, type BreakerFallback } from './route-breaker.js';

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
    return new Observable((subscriber) => guard(breaker, route.breaker.fallback, next, subscriber));
  }
}

function guard(
  breaker: CircuitBreaker,
  fallback: BreakerFallback | undefined,
  next: CallHandler,
  subscriber: Subscriber<unknown>,
): () => void {
  const permit = breaker.tryEnter();
  if (permit === 0) {
    const rejection = breaker.rejection();
    const answer =
      fallback === undefined ? throwError(() => rejection) : defer(async () => fallback(rejection));
    const answering = answer.subscribe(subscriber);
    return () => answering.unsubscribe();
  }
  const began = breaker.moment();
  let settled = false;
  const settle = (tell: () => void): void => {
    if (settled) return;
    settled = true;
    tell();
  };
  const fail = (error: unknown): void => {
    settle(() => breaker.fail(permit, error, began));
    subscriber.error(error);
  };
  const inner = follow(next, {
    next: (value) => subscriber.next(value),
    error: fail,
    complete: () => {
      settle(() => breaker.succeed(permit, began));
      subscriber.complete();
    },
  });
  return () => {
    // Still running: the client went away, which says nothing about the resource.
    settle(() => breaker.neutral(permit));
    inner.unsubscribe();
  };
}

function follow(
  next: CallHandler,
  observer: { next(value: unknown): void; error(error: unknown): void; complete(): void },
): { unsubscribe(): void } {
  try {
    return next.handle().subscribe(observer);
  } catch (error) {
    observer.error(error);
    return { unsubscribe: () => {} };
  }
}
