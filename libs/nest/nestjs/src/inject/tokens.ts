const PREFIX = 'nest-pooling:pool:';
/** Every name that this process has made a token of, whether or not a module knows it. */
export const mentioned = new Set<string>();

/**
 * The token under which Nest knows the pool `name`, for `inject` arrays and `overrideProvider`. A readable
 * string, because Nest shows it in its messages.
 */
export function getPoolToken(name: string): string {
  mentioned.add(name);
  return PREFIX + name;
}

/** The name of the pool that a token stands for; `undefined` for any other token. */
export function poolNameOf(token: unknown): string | undefined {
  return typeof token === 'string' && token.startsWith(PREFIX) ? token.slice(PREFIX.length) : undefined;
}

/** The token under which Nest knows the breaker `name`, for `inject` arrays of classes that use `@InjectBreaker(name)` elsewhere, and for tests. */
export function getBreakerToken(name: string): string {
  return `nest-pooling:breaker:${name}`;
}
