import type { Definition } from '@nest-pooling/core';
import { OVERRIDES } from '../module/registration.js';
import type { PoolName } from '../registry/registry-types.js';
import { definePool } from './define-pool.js';

/** As much of `TestingModuleBuilder` of `@nestjs/testing` as is needed here. */
export interface ProviderOverrider {
  /** See `TestingModuleBuilder.overrideProvider`. */
  overrideProvider(token: unknown): { useValue(value: unknown): unknown };
}

const overrides = new WeakMap<ProviderOverrider, Map<string, Definition<object>>>();

/**
 * Puts a stand-in in the place of the pool `name`, so that a test needs no server: the real pool is neither opened
 * nor started, though the factory of `forRootAsync` still runs. The stand-in need not be an instance of the
 * face's class. Unlike `overrideProvider(getPoolToken(name))` it also replaces what the registry and the health
 * routes see. A name that no module defines fails the boot with `POOL_UNKNOWN`.
 *
 * @param face What is injected, or a definition (see `definePool`) to control the lifecycle too.
 * @returns the builder, to go on with.
 */
export function overridePool<Builder extends ProviderOverrider>(
  builder: Builder,
  name: PoolName,
  face: object | Definition<object>,
): Builder {
  let map = overrides.get(builder);
  if (map === undefined) {
    overrides.set(builder, (map = new Map()));
    builder.overrideProvider(OVERRIDES).useValue(map);
  }
  map.set(name, isDefinition(face) ? face : definePool(() => face));
  return builder;
}

function isDefinition(value: object): value is Definition<object> {
  const { kind, open } = value as Partial<Definition<object>>;
  return typeof kind === 'string' && typeof open === 'function';
}
