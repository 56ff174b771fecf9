import type { ResourceFactory } from './factory.js';

/** How a resource is ended when the factory does not say: by the methods that resources usually have. */
const usual = [Symbol.asyncDispose, 'close', 'end'] as const;

/** The function that ends a resource. It may reject; it never throws. */
export function disposerOf<T>(factory: ResourceFactory<T>): (resource: T, reason: string) => Promise<void> {
  if (factory.destroy !== undefined) return async (resource, reason) => factory.destroy!(resource, reason);
  return async (resource) => {
    const methods = resource as Partial<Record<(typeof usual)[number], unknown>> | null | undefined;
    for (const name of usual) {
      const method = methods?.[name];
      if (typeof method !== 'function') continue;
      await method.call(resource);
      return;
    }
  };
}
