import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';
import type { CircuitBreakerOptions } from '@nest-pooling/resilience';
import { Problems } from '@nest-pooling/core';
import { CircuitBreakerInterceptor } from './circuit-breaker.interceptor.js';
import { guardMethod } from './guard-method.js';
import { ROUTE_BREAKER, type BreakerFallback, type RouteBreaker } from './route-breaker.js';

/** Options of {@link CircuitBreaker}. Those that are left out have the defaults of `@nest-pooling/resilience`. */
export interface RouteBreakerOptions extends Partial<Omit<CircuitBreakerOptions, 'name'>> {
  /** Routes of the same name share one breaker. Default: `Controller.method`, one for each route. */
  readonly name?: string;
  /**
   * Answers in its place while the breaker refuses; may give a promise, and for a generator an async iterable, else it gives one value. Default:
   * nothing does, the caller gets the `CircuitOpenError`.
   */
  readonly fallback?: BreakerFallback;
}

/**
 * Puts a circuit breaker around a handler, around each handler of a class, or around any method of a provider: after some failures in a row it is
 * not called for a while, and the client gets 503 with `Retry-After` at once (by `PoolExceptionFilter`).
 *
 * A handler fails when its answer does, not when it returns: promises and streams are followed to their end. A
 * client that goes away and an answer of 4xx say nothing about the resource and count for nothing, unless
 * `classify` decides otherwise. What stands at a method replaces what stands at its class.
 *
 * A method of a provider is guarded as well when it is no handler; it gives a promise then, an observable or an async generator. At a class
 * only its handlers are meant.
 *
 * @param options Options, or the name of a breaker whose options stand elsewhere: in `breakers` of the module's options, or at another route.
 */
export function CircuitBreaker(options: RouteBreakerOptions | string = {}): MethodDecorator & ClassDecorator {
  const { name, fallback, ...rest } =
    typeof options === 'string' ? ({ name: options } as RouteBreakerOptions) : options;
  const problems = new Problems();
  problems.type('fallback', fallback, 'function');
  problems.throwIfAny('@CircuitBreaker');
  const route: RouteBreaker = { name, options: Object.keys(rest).length > 0 ? rest : undefined, fallback };
  const mark = applyDecorators(SetMetadata(ROUTE_BREAKER, route), UseInterceptors(CircuitBreakerInterceptor));
  const decorate = (target: object, key?: string | symbol, descriptor?: PropertyDescriptor): unknown => {
    if (key === undefined || descriptor === undefined) return mark(target as never);
    mark(target, key, descriptor);
    return guardMethod(target, key, descriptor);
  };
  return decorate as MethodDecorator & ClassDecorator;
}
