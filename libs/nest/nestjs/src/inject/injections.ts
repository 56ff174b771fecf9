import type { ModulesContainer } from '@nestjs/core';
import { ReadReplicaRouter } from '@nest-pooling/routing';
import { PoolFaceError, UnknownPoolError, type InjectionPlace } from '../errors/wiring-errors.js';
import { TenantPools } from '../tenants/tenant-pools.js';
import { ownMarks, type InjectionMark } from './inject-pool.js';
import { poolNameOf } from './tokens.js';

/** What a decorator asks for by itself. */
const MUST = { router: ReadReplicaRouter, tenants: TenantPools } as const;

type AnyClass = abstract new (...args: never) => object;

/** One place in the container where a pool is injected. */
export interface Injection {
  readonly name: string;
  readonly place: InjectionPlace;
  /** The classes that the pool's face must be an instance of. */
  readonly expected: readonly AnyClass[];
}

/**
 * Finds every place in the container where a pool is injected: by a decorator, or by its token in the `inject`
 * of a factory. It reads metadata only, so it works before anything is instantiated.
 */
export function injectionsIn(container: ModulesContainer): readonly Injection[] {
  const found: Injection[] = [];
  const seen = new Set<unknown>();
  for (const module of container.values()) {
    for (const collection of [module.providers, module.controllers, module.injectables]) {
      for (const wrapper of collection.values()) {
        if (wrapper.isAlias || seen.has(wrapper.metatype) || typeof wrapper.metatype !== 'function') continue;
        seen.add(wrapper.metatype);
        if (wrapper.inject) found.push(...inFactory(String(wrapper.name), wrapper.inject));
        else found.push(...inClass(wrapper.metatype as AnyClass));
      }
    }
  }
  return found;
}

/** Refuses names that no registration knows, before Nest says something cryptic about them. */
export function checkNames(injections: readonly Injection[], known: readonly string[]): void {
  for (const { name, place } of injections) {
    if (known.includes(name)) continue;
    throw new UnknownPoolError(name, known, `${place.className} injects a pool (${place.member}). `);
  }
}

/** Refuses an injection whose declared class the pool's face is not an instance of. */
export function checkFace(injection: Injection, face: object): void {
  for (const expected of injection.expected) {
    if (face instanceof expected) continue;
    const names = classNames(face);
    throw new PoolFaceError(
      injection.name,
      injection.place,
      expected.name,
      names[0] ?? 'an object without a class',
      names.includes(expected.name),
    );
  }
}

function inFactory(provider: string, inject: readonly unknown[]): Injection[] {
  return inject.flatMap((dependency, index) => {
    const token =
      typeof dependency === 'object' && dependency !== null && 'token' in dependency
        ? dependency.token
        : dependency;
    const name = poolNameOf(token);
    if (name === undefined) return [];
    return [{ name, place: { className: provider, member: `inject[${index}]` }, expected: [] }];
  });
}

function inClass(type: AnyClass): Injection[] {
  const found: Injection[] = [];
  const keys = new Set<InjectionMark['at']>();
  let constructorFound = false;
  for (
    let at: unknown = type;
    typeof at === 'function' && at !== Function.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    const marks = ownMarks(at);
    for (const mark of marks) {
      // The constructor that runs is the one of the nearest class that declares one.
      if (keys.has(mark.at) || (typeof mark.at === 'number' && constructorFound)) continue;
      if (typeof mark.at !== 'number') keys.add(mark.at);
      found.push(injectionAt(type, at as AnyClass, mark));
    }
    constructorFound ||=
      Reflect.hasOwnMetadata('design:paramtypes', at) || marks.some((mark) => typeof mark.at === 'number');
  }
  return found;
}

function injectionAt(type: AnyClass, declaring: AnyClass, { name, must, at }: InjectionMark): Injection {
  const declared: unknown =
    typeof at === 'number'
      ? (Reflect.getOwnMetadata('design:paramtypes', declaring) as unknown[] | undefined)?.[at]
      : Reflect.getMetadata('design:type', declaring.prototype as object, at);
  const member = typeof at === 'number' ? `constructor parameter ${at}` : `property ${String(at)}`;
  const expected: AnyClass[] = must === undefined ? [] : [MUST[must]];
  // Interfaces, unions and `any` leave `Object` behind: nothing that could be compared.
  if (typeof declared === 'function' && declared !== Object) expected.push(declared as AnyClass);
  return { name, place: { className: type.name, member }, expected };
}

function classNames(face: object): string[] {
  const names: string[] = [];
  for (
    let at: unknown = Object.getPrototypeOf(face);
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    const { constructor } = at as { constructor?: unknown };
    if (typeof constructor === 'function') names.push(constructor.name);
  }
  return names;
}
