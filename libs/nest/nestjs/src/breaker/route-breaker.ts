import type { ModulesContainer } from '@nestjs/core';
import { MetadataScanner } from '@nestjs/core';
import type { CircuitBreakerOptions, CircuitOpenError } from '@nest-pooling/resilience';

import { classesIn } from '../method/classes-in.js';

/** The key of the metadata that `@CircuitBreaker` sets. */
export const ROUTE_BREAKER = 'nest-pooling:breaker';

/** Answers while a breaker refuses, in place of what it guards; may give a promise. */
export type BreakerFallback = (error: CircuitOpenError) => unknown;

/** What `@CircuitBreaker` was given. */
export interface RouteBreaker {
  readonly name: string | undefined;
  /** `undefined` when it only refers to a breaker by name, or takes the defaults. */
  readonly options: Partial<Omit<CircuitBreakerOptions, 'name'>> | undefined;
  readonly fallback: BreakerFallback | undefined;
}

/** A handler under a breaker. */
export interface BreakerRoute {
  readonly type: object;
  readonly handler: object;
  /** `Controller.method`. */
  readonly label: string;
  readonly breaker: RouteBreaker;
}

/** What stands at the method, else what stands at its class. */
export function routeOf(
  type: { readonly name: string },
  handler: { readonly name: string },
): BreakerRoute | undefined {
  const breaker = (Reflect.getMetadata(ROUTE_BREAKER, handler) ??
    Reflect.getMetadata(ROUTE_BREAKER, type)) as RouteBreaker | undefined;
  return breaker && { type, handler, label: `${type.name}.${handler.name}`, breaker };
}

/** Every handler under a breaker in the container, so that all breakers exist and are checked at boot. */
export function routesIn(container: ModulesContainer): readonly BreakerRoute[] {
  const scanner = new MetadataScanner();
  const routes: BreakerRoute[] = [];
  for (const type of classesIn(container)) {
    const prototype = type.prototype as Record<string, { readonly name: string }>;
    for (const method of scanner.getAllMethodNames(prototype)) {
      const handler = prototype[method]!;
      // A handler carries metadata of Nest; a helper method of the same class does not.
      const route = Reflect.getMetadataKeys(handler).length > 0 ? routeOf(type, handler) : undefined;
      if (route) routes.push(route);
    }
  }
  return routes;
}
