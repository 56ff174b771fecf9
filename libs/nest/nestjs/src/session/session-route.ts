import type { ModulesContainer } from '@nestjs/core';
import { MetadataScanner } from '@nestjs/core';
import type { LazyTransactionOptions } from '@nest-pooling/sql';
import { SessionPlaceError } from '../errors/session-errors.js';

/** The key of the metadata that `@SessionPerRequest` sets. */
export const SESSION = 'nest-pooling:session';

/** What `@SessionPerRequest` was given. */
export interface SessionRoute {
  readonly pool: string;
  readonly options: Omit<LazyTransactionOptions, 'signal'>;
}

/** A handler under `@SessionPerRequest`. */
export interface SessionHandler extends SessionRoute {
  /** `Controller.method`. */
  readonly label: string;
}

/** What stands at the method, else what stands at its class. */
export function sessionOf(
  type: { readonly name: string },
  handler: { readonly name: string },
): SessionHandler | undefined {
  const route = (Reflect.getMetadata(SESSION, handler) ?? Reflect.getMetadata(SESSION, type)) as
    | SessionRoute
    | undefined;
  return route && { ...route, label: `${type.name}.${handler.name}` };
}

/** Every handler under `@SessionPerRequest` in the container; throws for one that answers by itself. */
export function sessionsIn(container: ModulesContainer): readonly SessionHandler[] {
  const scanner = new MetadataScanner();
  const found: SessionHandler[] = [];
  for (const module of container.values()) {
    for (const { metatype } of module.controllers.values()) {
      if (typeof metatype !== 'function') continue;
      const prototype = metatype.prototype as Record<string, { readonly name: string }>;
      for (const method of scanner.getAllMethodNames(prototype)) {
        const handler = prototype[method]!;
        // A helper method of the same class carries no metadata of Nest.
        const session = Reflect.getMetadataKeys(handler).length > 0 && sessionOf(metatype, handler);
        if (!session) continue;
        checkPlace(metatype, method, handler, session);
        found.push(session);
      }
    }
  }
  return found;
}

// Nest's own keys and numbers, which it does not export.
const ROUTE_ARGS = '__routeArguments__';
const PASSTHROUGH = '__responsePassthrough__';
const SSE = '__sse__';
/** `@Res()` and `@Next()`. */
const ANSWERING = ['1', '2'];

function checkPlace(type: object, method: string, handler: object, { label }: SessionHandler): void {
  if (Reflect.getMetadata(SSE, handler) === true) {
    throw new SessionPlaceError(label, 'sends events as they come (@Sse)');
  }
  if (Reflect.getMetadata(PASSTHROUGH, type, method) === true) return;
  const args = Object.keys((Reflect.getMetadata(ROUTE_ARGS, type, method) ?? {}) as object);
  if (args.some((key) => ANSWERING.includes(key.split(':')[0]!))) {
    throw new SessionPlaceError(label, 'takes @Res() or @Next() and so answers by itself');
  }
}
