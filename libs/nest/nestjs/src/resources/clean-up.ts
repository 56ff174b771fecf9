/** How a resource is ended: by the first of these that it has, as the pool engine does it. */
const USUAL = [Symbol.asyncDispose, Symbol.dispose, 'close', 'end', 'destroy'] as const;

/** The names of the methods that can end a resource, for messages. */
export const usualNames: readonly string[] = USUAL.map((name) =>
  name === Symbol.asyncDispose ? 'Symbol.asyncDispose' : name === Symbol.dispose ? 'Symbol.dispose' : name,
);

/** The function that ends `resource` by a method that resources usually have; `undefined` when it has none. */
export function usualCleanUp(resource: unknown): (() => Promise<void>) | undefined {
  const methods = resource as Partial<Record<(typeof USUAL)[number], unknown>> | null | undefined;
  for (const name of USUAL) {
    const method = methods?.[name];
    if (typeof method !== 'function') continue;
    return async () => {
      await method.call(resource);
    };
  }
  return undefined;
}
