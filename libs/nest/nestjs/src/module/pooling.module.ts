import { Inject, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { PoolScopeError } from '../errors/wiring-errors.js';
import type {
  FacesOf,
  FactoryToken,
  PoolDefinitions,
  PoolName,
  RegisteredPools,
} from '../registry/registry-types.js';
import { checkAsyncOptions, checkDefinitions, checkOptions, extrasOf } from './check-options.js';
import { dynamicModule, POOL_SET } from './dynamic-module.js';
import { featureModule } from './feature-module.js';
import type { PoolingModuleAsyncOptions, PoolingModuleOptions, PoolingOptionsFactory } from './options.js';
import { DEFINITIONS, REGISTRATION, type Registration } from './registration.js';

/**
 * Opens the application's pools, injects them by name, starts them before the application serves and closes them
 * after it has answered its last request. Keep the result in a constant and import that: the names and types of
 * the pools are inferred from it (see `PoolRegistryTypes`).
 */
@Module({})
export class PoolingModule implements OnModuleInit {
  readonly #registration: Registration;
  readonly #container: ModulesContainer;

  /** Made by Nest. */
  constructor(@Inject(REGISTRATION) registration: Registration, container: ModulesContainer) {
    this.#registration = registration;
    this.#container = container;
  }

  /**
   * Registers pools whose definitions are at hand.
   *
   * @throws OptionsError with every problem at once.
   */
  static forRoot<const R extends PoolDefinitions>(
    options: PoolingModuleOptions<R>,
  ): RegisteredPools<FacesOf<R>> {
    const names = checkOptions(options);
    const { pools } = options;
    const extras = extrasOf(options);
    return dynamicModule(this, { names, extras }, [
      { provide: DEFINITIONS, useFactory: () => new Map(Object.entries(pools)) },
    ]);
  }

  /**
   * Registers pools whose definitions come from a factory, which may inject. It has no side effects: pools
   * connect when the application initializes.
   *
   * @throws OptionsError with every problem at once; one about what the factory returned comes at boot.
   */
  static forRootAsync<
    const Names extends readonly string[],
    R extends PoolDefinitions<Names[number]>,
    const Tokens extends readonly FactoryToken[] = [],
  >(options: PoolingModuleAsyncOptions<Names, R, Tokens>): RegisteredPools<FacesOf<Pick<R, Names[number]>>> {
    const names = checkAsyncOptions(options);
    const extras = extrasOf(options);
    const { imports = [], inject = [], extraProviders = [], useFactory, useClass, useExisting } = options;
    const source = (useClass ?? useExisting) as FactoryToken;
    const create = (useFactory ?? ((factory: PoolingOptionsFactory) => factory.createPools())) as (
      ...deps: unknown[]
    ) => unknown;
    const definitions = {
      provide: DEFINITIONS,
      inject: useFactory ? [...inject] : [source],
      useFactory: async (...deps: unknown[]) => checkDefinitions(names, await create(...deps)),
    };
    const own = useClass ? [useClass as never] : [];
    return dynamicModule(this, { names, extras }, [definitions, ...own, ...extraProviders], imports);
  }

  /**
   * Makes pools injectable in the module that imports this, when the registration that defines them is not global. It opens
   * nothing: the registration must be imported somewhere in the application, in any order.
   *
   * ```ts
   * @Module({ imports: [PoolingModule.forFeature(['orders'])], providers: [OrdersService] })
   * ```
   *
   * @throws OptionsError for what is no list of names; at boot an `UnknownPoolError` with the nearest name that exists.
   */
  static forFeature(names: readonly PoolName[]): DynamicModule {
    return featureModule(names);
  }

  /** Refuses pools that would be made anew for each request, which no hook would ever close. */
  onModuleInit(): void {
    for (const module of this.#container.values()) {
      if (module.providers.get(REGISTRATION)?.instance !== this.#registration) continue;
      if (module.providers.get(POOL_SET)?.isDependencyTreeStatic() === false) {
        throw new PoolScopeError(this.#registration.names);
      }
    }
  }
}
