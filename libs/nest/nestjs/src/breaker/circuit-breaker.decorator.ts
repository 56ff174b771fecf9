import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';
import type { CircuitBreakerOptions } from '@nest-pooling/resilience';
import { CircuitBreakerInterceptor } from './circuit-breaker.interceptor.js';
import { ROUTE_BREAKER, type RouteBreaker } from './route-breaker.js';

/** Options of {@link CircuitBreaker}. Those that are left out have the defaults of `@nest-pooling/resilience`. */
export interface RouteBreakerOptions extends Partial<Omit<CircuitBreakerOptions, 'name'>> {
  /** Routes of the same name share one breaker. Default: `Controller.method`, one for each route. */
  readonly name?: string;
}

/**
 * Puts a circuit breaker around a handler, or around each handler of a class: after some failures in a row it is
 * not called for a while, and the client gets 503 with `Retry-After` at once (by `PoolExceptionFilter`).
 *
 * A handler fails when its answer does, not when it returns: promises and streams are followed to their end. A
 * client that goes away and an answer of 4xx say nothing about the resource and count for nothing, unless
 * `classify` decides otherwise. What stands at a method replaces what stands at its class.
 *
 * @param options Options, or the name of a breaker whose options stand elsewhere.
 */
export function CircuitBreaker(options: RouteBreakerOptions | string = {}): MethodDecorator & ClassDecorator {
  const { name, ...rest } = typeof options === 'string' ? { name: options } : options;
  const route: RouteBreaker = { name, options: Object.keys(rest).length > 0 ? rest : undefined };
  return applyDecorators(SetMetadata(ROUTE_BREAKER, route), UseInterceptors(CircuitBreakerInterceptor));
}
