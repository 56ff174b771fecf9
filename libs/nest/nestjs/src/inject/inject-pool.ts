import { Inject } from '@nestjs/common';
import type {
  FaceDecorator,
  PoolFace,
  PoolName,
  RouterName,
  TenantsName,
} from '../registry/registry-types.js';
import { getPoolToken, mentioned } from './tokens.js';

/** What a decorator noted down about one injection, to be checked when the application boots. */
export interface InjectionMark {
  readonly name: string;
  /** The pool must be a `ReadReplicaRouter`, or a `TenantPools`, whatever the declared type says. */
  readonly must: 'router' | 'tenants' | undefined;
  /** The index of the constructor parameter, or the key of the property. */
  readonly at: number | string | symbol;
}

const MARKS = Symbol.for('nest-pooling.nestjs.injections');

/** Every name that a decorator or a token of this process mentions, whether or not a module knows it. */
export function mentionedNames(): readonly string[] {
  return [...mentioned];
}

/** The marks that were set on `type` itself, not on a class that it extends. */
export function ownMarks(type: object): readonly InjectionMark[] {
  return (Reflect.getOwnMetadata(MARKS, type) as readonly InjectionMark[] | undefined) ?? [];
}

/**
 * Injects the pool `name` into a constructor parameter or a property.
 *
 * At compile time the name must exist and some parameter must be able to take the pool's face, once
 * `PoolRegistryTypes` is declared. At boot the name must exist (`POOL_UNKNOWN`) and the face must be an instance
 * of the declared class (`POOL_FACE_MISMATCH`); an interface or a union leaves nothing behind that could be
 * checked.
 */
export function InjectPool<const Name extends PoolName>(name: Name): FaceDecorator<PoolFace<Name>> {
  return mark(name, undefined);
}

/** Like {@link InjectPool}, for pools that route reads to replicas: their face is a `ReadReplicaRouter`. */
export function InjectRouter<const Name extends RouterName>(name: Name): FaceDecorator<PoolFace<Name>> {
  return mark(name, 'router');
}

/** Like {@link InjectPool}, for pools with one for each tenant: their face is a `TenantPools`. */
export function InjectTenants<const Name extends TenantsName>(name: Name): FaceDecorator<PoolFace<Name>> {
  return mark(name, 'tenants');
}

function mark(name: string, must: InjectionMark['must']) {
  // Nest's type makes the index of a property decorator `undefined` only where it is the last argument.
  const inject = Inject(getPoolToken(name)) as (
    target: object,
    key?: string | symbol,
    index?: number,
  ) => void;
  return (target: object, key: PropertyKey | undefined, index?: number): void => {
    inject(target, key as string | symbol | undefined, index);
    // A constructor parameter is decorated on the class, a property on its prototype.
    const type = index === undefined ? target.constructor : target;
    const at = index ?? (key as string | symbol);
    Reflect.defineMetadata(MARKS, [...ownMarks(type), { name, must, at }], type);
  };
}
