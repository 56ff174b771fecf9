import type { ModulesContainer } from '@nestjs/core';

/** A class that Nest makes objects of. */
export interface AnyClass {
  readonly name: string;
  readonly prototype: unknown;
}

/** Every class of which the container makes providers or controllers, once each. */
export function classesIn(container: ModulesContainer): readonly AnyClass[] {
  const found = new Set<AnyClass>();
  for (const module of container.values()) {
    for (const wrapper of [...module.controllers.values(), ...module.providers.values()]) {
      // What a factory makes is of no class that stands here.
      const type: unknown = wrapper.inject ? undefined : wrapper.metatype;
      if (typeof type === 'function' && type.prototype) found.add(type);
    }
  }
  return [...found];
}
