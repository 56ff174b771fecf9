import type { DynamicModule, InjectionToken, OptionalFactoryDependency } from '@nestjs/common';
import type { Definition, FaceOf } from '@nest-pooling/core';
import type { ReadReplicaRouter } from '@nest-pooling/routing';
import type { TenantPools } from '../tenants/tenant-pools.js';

/**
 * The names of the application's pools and their faces. Empty until the application declares it, from the
 * module itself, so that every name is written once:
 *
 * ```ts
 * export const pools = PoolingModule.forRootAsync({ … });
 * declare module '@nest-pooling/nestjs' { interface PoolRegistryTypes extends PoolsOf<typeof pools> {} }
 * ```
 *
 * From then on editors complete the names, and a name that does not exist does not compile.
 */
// oxlint-disable-next-line typescript/no-empty-object-type, typescript/no-empty-interface -- filled by the application
export interface PoolRegistryTypes {}

/** The names of a registry: any string while it is empty. */
export type PoolNameIn<Registry extends object> = keyof Registry extends never
  ? string
  : Extract<keyof Registry, string>;

/** A name of a pool: any string until {@link PoolRegistryTypes} is declared. */
export type PoolName = PoolNameIn<PoolRegistryTypes>;

/** The face of the pool `Name`; `any` until {@link PoolRegistryTypes} is declared. */
export type PoolFace<Name extends string> = Name extends keyof PoolRegistryTypes
  ? PoolRegistryTypes[Name]
  : // oxlint-disable-next-line typescript/no-explicit-any -- nothing is known, and nothing shall be in the way
    any;

/** The names of the pools whose face extends `Face`; any string until {@link PoolRegistryTypes} is declared. */
type NameOf<Face> = keyof PoolRegistryTypes extends never
  ? string
  : Extract<
      {
        [Name in keyof PoolRegistryTypes]: PoolRegistryTypes[Name] extends Face ? Name : never;
      }[keyof PoolRegistryTypes],
      string
    >;

/** The names of the pools that are read-replica routers; any string until {@link PoolRegistryTypes} is declared. */
export type RouterName = NameOf<ReadReplicaRouter>;

/** The names of the pools that have one for each tenant; any string until {@link PoolRegistryTypes} is declared. */
export type TenantsName = NameOf<TenantPools>;

declare const FACES: unique symbol;

/** A `PoolingModule` with its pools, that knows their names and faces at compile time. */
export interface RegisteredPools<Faces extends object> extends DynamicModule {
  /** Exists at compile time only. */
  readonly [FACES]?: Faces;
}

/** The faces of the pools of a module constant, by name: what {@link PoolRegistryTypes} is made to extend. */
export type PoolsOf<Registered> = Registered extends RegisteredPools<infer Faces> ? Faces : never;

/** Definitions by the name of their pools. */
export type PoolDefinitions<Name extends string = string> = {
  readonly [K in Name]: Definition<object>;
};

/** Faces by name, from definitions by name. */
export type FacesOf<R> = { readonly [K in keyof R]: FaceOf<R[K]> };

/** Makes a pool that the factory returns and `pools` does not list a compile error that says so. */
export type NoExtra<Name extends string, R> = {
  readonly [K in Exclude<keyof R, Name>]: `'${K & string}' is not listed in pools`;
};

type Resolved<Token> = Token extends abstract new (...args: never) => infer Instance
  ? Instance
  : // oxlint-disable-next-line typescript/no-explicit-any -- what a string or symbol stands for is not known
    any;

/** What Nest passes to a factory for the tokens in `inject`: instances for classes, unknown things for the rest. */
export type ResolvedAll<Tokens extends readonly unknown[]> = {
  [I in keyof Tokens]: Resolved<Tokens[I]>;
};

/** What may stand in `inject`. */
export type FactoryToken = InjectionToken | OptionalFactoryDependency;

type SomeParameterTakes<Parameters extends readonly unknown[], Face> = {
  [I in keyof Parameters]: Face extends Parameters[I] ? true : false;
}[number];

/**
 * TypeScript tells a parameter decorator the class, but not which parameter it stands at. So it is checked that
 * some parameter of the constructor can take the face; which one is checked when the application boots.
 */
export type TargetTakes<Target, Face> = Target extends abstract new (...args: infer Parameters) => unknown
  ? true extends SomeParameterTakes<Parameters, Face>
    ? unknown
    : ['no parameter of this constructor can take a', Face]
  : unknown;

/** The same for a property. Private and protected ones are not visible here and are checked at boot. */
export type PropertyTakes<Target, Key, Face> = Key extends keyof Target
  ? Face extends Target[Key]
    ? unknown
    : ['this property cannot take a', Face]
  : unknown;

/** A decorator of a constructor parameter or a property that receives `Face`. */
export type FaceDecorator<Face> = <Target extends object, const Key extends PropertyKey | undefined>(
  target: Target & TargetTakes<Target, Face>,
  key: Key & PropertyTakes<Target, Key, Face>,
  index?: number,
) => void;
