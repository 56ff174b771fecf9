import type { DynamicModule, ModuleMetadata, Provider, Type } from '@nestjs/common';
import { APP_FILTER, ModulesContainer } from '@nestjs/core';
import type { Definition } from '@nest-pooling/core';
import { UnknownPoolError } from '../errors/wiring-errors.js';
import { PoolExceptionFilter } from '../errors/pool-exception.filter.js';
import { healthController } from '../health/pool-health.controller.js';
import { breakerProviders, breakerTokens } from '../inject/inject-breaker.js';
import { checkFace, checkNames, injectionsIn, type Injection } from '../inject/injections.js';
import { mentionedNames } from '../inject/inject-pool.js';
import { getPoolToken } from '../inject/tokens.js';
import { PoolDirectory } from '../registry/pool-directory.js';
import { PoolLifecycle } from '../registry/pool-lifecycle.js';
import { PoolRegistry } from '../registry/pool-registry.js';
import { PoolSet } from '../registry/pool-set.js';
import { ResourceScope } from '../resources/resource-scope.js';
import { nestEnv } from './nest-env.js';
import { PoolingCoreModule } from './pooling-core.module.js';
import {
  DEFINITIONS,
  checkHealthPaths,
  namesOf,
  OVERRIDES,
  REGISTRATION,
  type Overrides,
  type Registration,
} from './registration.js';

/** Under this token each dynamic module provides its open pools, a {@link PoolSet}. */
export const POOL_SET = Symbol('nest-pooling:set');
const INJECTIONS = Symbol('nest-pooling:injections');

/** Puts the dynamic module of one registration together. */
export function dynamicModule(
  module: Type,
  registration: Registration,
  providers: readonly Provider[],
  imports: NonNullable<ModuleMetadata['imports']> = [],
): DynamicModule {
  const { names, extras } = registration;
  const { isGlobal = true, health = {}, exceptionFilter = true } = extras;
  const { drainDeadlineMs = 10_000, closeTimeoutMs = 5_000 } = extras;
  const definition = {
    module,
    global: isGlobal,
    imports: [PoolingCoreModule, ...imports],
    controllers: health === false ? [] : [healthController(health)],
    providers: [
      { provide: REGISTRATION, useValue: registration },
      {
        provide: INJECTIONS,
        inject: [ModulesContainer],
        useFactory: findInjections,
      },
      ...providers,
      {
        provide: POOL_SET,
        inject: [DEFINITIONS, OVERRIDES, INJECTIONS, PoolDirectory],
        useFactory: async (
          definitions: ReadonlyMap<string, Definition<object>>,
          overrides: Overrides,
          injections: readonly Injection[],
          directory: PoolDirectory,
        ) => {
          for (const name of overrides.keys()) {
            const known = directory.names();
            if (!known.includes(name))
              throw new UnknownPoolError(name, known, 'overridePool replaces a pool. ');
          }
          const set = await openAll(registration, definitions, overrides, injections);
          directory.add(set);
          return set;
        },
      },
      {
        provide: PoolLifecycle,
        inject: [POOL_SET, ResourceScope],
        useFactory: (set: PoolSet, scope: ResourceScope) =>
          new PoolLifecycle(set, scope, { drainDeadlineMs, closeTimeoutMs }),
      },
      {
        // Waits for the pools, so that whoever injects the registry finds them in it.
        provide: PoolRegistry,
        inject: [PoolDirectory, POOL_SET],
        useFactory: (directory: PoolDirectory, set: PoolSet) =>
          new PoolRegistry(directory, set, { drainDeadlineMs, closeTimeoutMs }),
      },
      ...names.map((name) => ({
        provide: getPoolToken(name),
        inject: [POOL_SET],
        useFactory: (set: PoolSet) => set.managed(name)?.face,
      })),
      ...(exceptionFilter ? [{ provide: APP_FILTER, useClass: PoolExceptionFilter }] : []),
    ],
    exports: [PoolRegistry, ...names.map(getPoolToken)],
  };
  return withForeignNames(definition, names);
}

/**
 * Nest looks tokens up before any code of ours runs, and about a name that nobody provides it says something
 * cryptic. So every name that some decorator mentions is provided here too: one that another registration defines
 * leads to that one's pool, one that nobody defines to our error. Read when Nest scans the module, since by then
 * all classes of the application have been loaded.
 */
function withForeignNames(
  definition: DynamicModule & { providers: Provider[]; exports: (string | Type)[] },
  own: readonly string[],
): DynamicModule {
  const foreign = (): readonly string[] => mentionedNames().filter((name) => !own.includes(name));
  const { providers, exports, ...rest } = definition;
  return {
    ...rest,
    get providers() {
      return [...providers, ...foreign().map(foreignPool), ...breakerProviders()];
    },
    get exports() {
      return [...exports, ...foreign().map(getPoolToken), ...breakerTokens()];
    },
  };
}

function foreignPool(name: string): Provider {
  return {
    provide: getPoolToken(name),
    // Whoever uses a name that nobody defines has been refused in INJECTIONS; here nobody uses it.
    inject: [INJECTIONS, PoolDirectory],
    useFactory: (_: unknown, directory: PoolDirectory) =>
      directory.names().includes(name) ? directory.whenOpen(name) : undefined,
  };
}

function findInjections(container: ModulesContainer): readonly Injection[] {
  const known = namesOf(container);
  checkHealthPaths(container);
  const injections = injectionsIn(container);
  checkNames(injections, known);
  return injections;
}

async function openAll(
  { names, extras }: Registration,
  definitions: ReadonlyMap<string, Definition<object>>,
  overrides: Overrides,
  injections: readonly Injection[],
): Promise<PoolSet> {
  const set = new PoolSet(extras.plugins ?? [], extras.env ?? nestEnv);
  try {
    for (const name of names) set.open(name, overrides.get(name) ?? definitions.get(name)!);
    for (const injection of injections) {
      const face = set.managed(injection.name)?.face;
      // A stand-in of a test need not be an instance of the class: it only has to act like one.
      if (face !== undefined && !overrides.has(injection.name)) checkFace(injection, face);
    }
    return set;
  } catch (error) {
    await set.close({ drainDeadlineMs: 0, closeTimeoutMs: 1_000 }).catch(() => {
      // What made the boot fail is the error to show.
    });
    throw error;
  }
}
