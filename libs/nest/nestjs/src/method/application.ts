import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { Env } from '@nest-pooling/core';
import { SqlPool } from '@nest-pooling/sql';
import { BreakerRegistry } from '../breaker/breaker-registry.js';
import { AmbiguousApplicationError, NoPoolingModuleError } from '../errors/method-errors.js';
import { PoolFaceError, UnknownPoolError } from '../errors/wiring-errors.js';
import { containerEnv } from '../module/registration.js';
import { PoolDirectory } from '../registry/pool-directory.js';
import { classesIn } from './classes-in.js';
import { Place, POOL_OF_METHOD, type PoolOfMethod } from './wrap-method.js';

/** The applications of this process that have pools. Mostly one; in tests there may be several at a time. */
const live = new Set<Application>();
/** Found once for each object whose methods carry decorators, where there are several applications. */
const owners = new WeakMap<object, Application>();

/**
 * What the decorators of methods see of their application. A decorator runs when a class is defined, long before there is an application;
 * so a decorated method looks for its own when it is called.
 */
@Injectable()
export class Application implements OnModuleInit, OnApplicationShutdown {
  readonly #container: ModulesContainer;
  readonly #directory: PoolDirectory;

  constructor(
    container: ModulesContainer,
    directory: PoolDirectory,
    /** Its breakers. */
    readonly breakers: BreakerRegistry,
  ) {
    this.#container = container;
    this.#directory = directory;
  }

  /** Its time and chance. */
  get env(): Env {
    return containerEnv(this.#container);
  }

  /** Refuses names that no registration knows, and pools that know no SQL, so that a mistake stops the boot and not the first call. */
  onModuleInit(): void {
    const scanner = new MetadataScanner();
    for (const type of classesIn(this.#container)) {
      for (const method of scanner.getAllMethodNames(type.prototype as object)) {
        const handler = (type.prototype as Record<string, object>)[method]!;
        const used = Reflect.getMetadata(POOL_OF_METHOD, handler) as PoolOfMethod | undefined;
        if (used !== undefined) this.#check(used, new Place(type.name, method, 'promise'));
      }
    }
    // Not before: a boot that fails is closed by nobody.
    live.add(this);
  }

  onApplicationShutdown(): void {
    live.delete(this);
  }

  /** The pool that a decorator names; throws where there is none or it knows no SQL. */
  sql(used: PoolOfMethod, place: Place): SqlPool {
    return sqlOf(this.#directory.find(used.pool).face, used, place);
  }

  /** Whether an object was made by this application, once for all, or anew for a request. */
  owns(instance: object): boolean {
    for (const module of this.#container.values()) {
      for (const wrapper of [...module.controllers.values(), ...module.providers.values()]) {
        if (wrapper.instance === instance) return true;
        if (wrapper.metatype === instance.constructor && !wrapper.isDependencyTreeStatic()) return true;
      }
    }
    return false;
  }

  #check(used: PoolOfMethod, place: Place): void {
    const { decorator, pool } = used;
    const known = this.#directory.names();
    if (!known.includes(pool))
      throw new UnknownPoolError(pool, known, `${place.toString()} carries ${decorator}('${pool}'). `);
    const open = this.#directory.all().find(([name]) => name === pool);
    if (open !== undefined) sqlOf(open[1].face, used, place);
  }
}

function sqlOf(face: object, { decorator, pool }: PoolOfMethod, { className, method }: Place): SqlPool {
  // A stand-in of a test need not be an instance of the class: it only has to act like one.
  if (face instanceof SqlPool || isLikeOne(face)) return face as SqlPool;
  const where = { className, member: `${decorator} of ${method}`, decorator };
  throw new PoolFaceError(
    pool,
    where,
    SqlPool.name,
    face.constructor?.name ?? 'an object without a class',
    false,
  );
}

function isLikeOne({ transaction, use }: Partial<SqlPool>): boolean {
  return typeof transaction === 'function' && typeof use === 'function';
}

/** The application that an object belongs to, if there is any. */
export function applicationOf(instance: object | undefined, place: Place): Application | undefined {
  if (live.size <= 1) return live.values().next().value;
  const known = instance && owners.get(instance);
  if (known !== undefined && live.has(known)) return known;
  const found = instance === undefined ? [] : [...live].filter((application) => application.owns(instance));
  if (found.length !== 1) throw new AmbiguousApplicationError(place.toString(), live.size);
  owners.set(instance!, found[0]!);
  return found[0];
}

/** {@link applicationOf}, which must be there. */
export function neededApplicationOf(
  instance: object | undefined,
  { decorator }: PoolOfMethod,
  place: Place,
): Application {
  const application = applicationOf(instance, place);
  if (application === undefined) throw new NoPoolingModuleError(decorator, place.toString());
  return application;
}
