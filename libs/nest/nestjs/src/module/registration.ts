import { Problems, systemEnv, type Definition, type Env } from '@nest-pooling/core';
import type { ModulesContainer } from '@nestjs/core';
import { DuplicatePoolError } from '../errors/wiring-errors.js';
import type { PoolHealthOptions, PoolingModuleExtras } from './options.js';

/** One call of `PoolingModule.forRoot` or `forRootAsync`, as far as it is known before anything is instantiated. */
export interface Registration {
  readonly names: readonly string[];
  readonly extras: PoolingModuleExtras;
}

/** Under this token each dynamic module provides its {@link Registration}. */
export const REGISTRATION = Symbol('nest-pooling:registration');
/** Under this token each dynamic module provides its checked definitions, a `ReadonlyMap`. */
export const DEFINITIONS = Symbol('nest-pooling:definitions');
/** Definitions that stand in for those of the factories, for tests; see `overridePool` in `./testing`. */
export const OVERRIDES = Symbol('nest-pooling:overrides');

/** The value under {@link OVERRIDES}. */
export type Overrides = ReadonlyMap<string, Definition<object>>;

/** Every registration in the container. They are values, so they are there before anything is instantiated. */
export function registrationsOf(container: ModulesContainer): readonly Registration[] {
  const found: Registration[] = [];
  for (const module of container.values()) {
    const registration = module.providers.get(REGISTRATION)?.instance as Registration | undefined;
    if (registration !== undefined) found.push(registration);
  }
  return found;
}

/** The names of all pools in the container; throws when two registrations define the same one. */
export function namesOf(container: ModulesContainer): readonly string[] {
  const names = new Set<string>();
  const twice = new Set<string>();
  for (const name of registrationsOf(container).flatMap((registration) => registration.names)) {
    if (names.has(name)) twice.add(name);
    names.add(name);
  }
  if (twice.size > 0) throw new DuplicatePoolError([...twice]);
  return [...names];
}

/** The health routes show all pools of the application, so they stand in one registration only. */
export function checkHealthPaths(container: ModulesContainer): void {
  const problems = new Problems();
  const taken = new Set<string>();
  for (const { names, extras } of registrationsOf(container)) {
    if (extras.health === false) continue;
    const { path, dbPath } = healthPaths(extras.health);
    for (const route of new Set([path, dbPath])) {
      if (taken.has(route)) {
        const where = `health of the module of ${names.join(', ')}`;
        problems.add(where, `the route ${route} exists already; set health: false, since it shows all pools`);
      }
      taken.add(route);
    }
  }
  problems.throwIfAny('PoolingModule');
}

/** The routes of the health controller. */
export function healthPaths({ path = 'health/pools', dbPath = 'health/db' }: PoolHealthOptions = {}): {
  readonly path: string;
  readonly dbPath: string;
} {
  return { path, dbPath };
}

/** The environment of what belongs to the whole container (breakers, probes): the first one that was given. */
export function containerEnv(container: ModulesContainer): Env {
  return registrationsOf(container).find(({ extras }) => extras.env !== undefined)?.extras.env ?? systemEnv;
}
