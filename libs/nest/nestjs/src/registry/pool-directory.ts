import { Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { PoolNotOpenError, UnknownPoolError } from '../errors/wiring-errors.js';
import { namesOf } from '../module/registration.js';
import type { ManagedPool } from './open-pool.js';
import type { PoolSet } from './pool-set.js';

/** All pools of the container, whichever registration they belong to. Internal: the application sees `PoolRegistry`. */
@Injectable()
export class PoolDirectory {
  readonly #sets = new Set<PoolSet>();
  readonly #awaited = new Map<string, ((face: object) => void)[]>();
  readonly #container: ModulesContainer;
  /** Set from the moment that the application begins to shut down. */
  shuttingDown = false;

  constructor(container: ModulesContainer) {
    this.#container = container;
  }

  add(set: PoolSet): void {
    this.#sets.add(set);
    for (const name of set.names) {
      for (const resolve of this.#awaited.get(name) ?? []) resolve(set.managed(name)!.face);
      this.#awaited.delete(name);
    }
  }

  /**
   * The face of a pool, as soon as the registration that it belongs to has opened it. Never settles when that
   * fails: then the boot fails too.
   */
  whenOpen(name: string): Promise<object> {
    for (const set of this.#sets) {
      const managed = set.managed(name);
      if (managed !== undefined) return Promise.resolve(managed.face);
    }
    return new Promise((resolve) => {
      this.#awaited.set(name, [...(this.#awaited.get(name) ?? []), resolve]);
    });
  }

  /** The names of all pools, open or not. */
  names(): readonly string[] {
    return [...new Set([...namesOf(this.#container), ...[...this.#sets].flatMap((set) => set.names)])];
  }

  /** Tells whether the name is taken, also by a pool that is being added or removed. */
  isTaken(name: string): boolean {
    return this.names().includes(name) || [...this.#sets].some((set) => set.wasAdded(name));
  }

  /** The registration that the pool was added to at run time. */
  setOfAdded(name: string): PoolSet | undefined {
    return [...this.#sets].find((set) => set.wasAdded(name));
  }

  /** The pools that are open. */
  all(): readonly (readonly [name: string, managed: ManagedPool])[] {
    return [...this.#sets].flatMap((set) => set.names.map((name) => [name, set.managed(name)!] as const));
  }

  find(name: string): ManagedPool {
    for (const set of this.#sets) {
      const managed = set.managed(name);
      if (managed !== undefined) return managed;
    }
    const known = this.names();
    throw known.includes(name) ? new PoolNotOpenError(name) : new UnknownPoolError(name, known);
  }
}
