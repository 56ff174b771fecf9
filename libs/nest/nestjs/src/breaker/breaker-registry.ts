import { isDeepStrictEqual } from 'node:util';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { CircuitBreaker, type BreakerReport } from '@nest-pooling/resilience';
import { BreakerConflictError, UnknownBreakerError } from '../errors/breaker-errors.js';
import { containerEnv, registrationsOf } from '../module/registration.js';
import { LEFT } from '../method/surround.js';
import { classifyRouteError } from './route-failure.js';
import { routesIn, type BreakerRoute, type RouteBreaker } from './route-breaker.js';

interface Entry {
  readonly breaker: CircuitBreaker;
  /** As the module's options, or the route that has options, gave them; `undefined` while all take the defaults. */
  readonly options: object | undefined;
  /** It stands in the module's options. */
  readonly declared: boolean;
  /** The routes that it guards. */
  readonly routes: string[];
}

const DECLARED = 'the breakers of PoolingModule';

/** The breakers of the application, by name: those that the module's options declare, and those of routes and methods. */
@Injectable()
export class BreakerRegistry implements OnModuleInit {
  readonly #container: ModulesContainer;
  readonly #entries = new Map<string, Entry>();
  /** All routes that were there at the first question have theirs. */
  #complete = false;
  readonly #byHandler = new WeakMap<object, Map<object, CircuitBreaker>>();

  /** Made by `PoolingModule`; inject it. */
  constructor(container: ModulesContainer) {
    this.#container = container;
  }

  /** Makes all breakers, so that wrong options stop the boot and not the first request. */
  onModuleInit(): void {
    this.#makeAll();
  }

  /** A breaker may be injected before anything has started. */
  #makeAll(): void {
    if (this.#complete) return;
    this.#complete = true;
    this.#declareAll();
    const routes = routesIn(this.#container);
    // Options first: a route that only refers to a name may well be found before the one that has the options.
    for (const route of routes) if (route.breaker.options) this.forRoute(route);
    for (const route of routes) this.forRoute(route);
  }

  #declareAll(): void {
    for (const { extras } of registrationsOf(this.#container)) {
      for (const [name, options] of Object.entries(extras.breakers ?? {})) {
        const entry = this.#entries.get(name);
        if (entry === undefined) this.#make(name, options, true);
        else if (!isDeepStrictEqual(options, entry.options)) {
          throw new BreakerConflictError(name, DECLARED, 'those of another PoolingModule');
        }
      }
    }
  }

  /**
   * The breaker `name`: one of the module's options, a name that was given to `@CircuitBreaker`, or `Controller.method`.
   *
   * @throws UnknownBreakerError with the names that exist, when there is none of that name.
   */
  get(name: string): CircuitBreaker {
    this.#makeAll();
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new UnknownBreakerError(name, this.names());
    return entry.breaker;
  }

  /** The names of all breakers. */
  names(): readonly string[] {
    this.#makeAll();
    return [...this.#entries.keys()];
  }

  /** The state of all breakers, by name. */
  report(): Readonly<Record<string, BreakerReport>> {
    this.#makeAll();
    return Object.fromEntries([...this.#entries].map(([name, { breaker }]) => [name, breaker.report()]));
  }

  /** The breaker of one handler, made when it does not exist yet (handlers of modules that are loaded late). */
  forRoute(route: BreakerRoute): CircuitBreaker {
    let handlers = this.#byHandler.get(route.type);
    if (handlers === undefined) this.#byHandler.set(route.type, (handlers = new Map()));
    let breaker = handlers.get(route.handler);
    if (breaker === undefined) {
      breaker = route.breaker.name === undefined ? this.#own(route) : this.#shared(route, route.breaker.name);
      handlers.set(route.handler, breaker);
    }
    return breaker;
  }

  #own(route: BreakerRoute): CircuitBreaker {
    let name = route.label;
    if (this.#entries.get(name)?.declared) return this.#shared(route, name);
    // Controllers of the same name in different modules must not share a breaker by accident.
    for (let n = 2; this.#entries.has(name); n++) name = `${route.label}#${n}`;
    const entry = this.#make(name, route.breaker.options, false);
    entry.routes.push(route.label);
    return entry.breaker;
  }

  #shared(route: BreakerRoute, name: string): CircuitBreaker {
    const { options } = route.breaker;
    const entry = this.#entries.get(name) ?? this.#make(name, options, false);
    if (options && !isDeepStrictEqual(options, entry.options ?? {})) {
      const first = entry.declared ? DECLARED : (entry.routes[0] ?? 'another route');
      throw new BreakerConflictError(name, first, route.label);
    }
    if (!entry.routes.includes(route.label)) entry.routes.push(route.label);
    return entry.breaker;
  }

  #make(name: string, options: RouteBreaker['options'], declared: boolean): Entry {
    const judge = options?.classify ?? classifyRouteError;
    // Whoever judges: that a caller has left a generator says nothing about what it asked.
    const classify: typeof judge = (error) => (error === LEFT ? 'neutral' : judge(error));
    const breaker = new CircuitBreaker({ ...options, classify, name }, containerEnv(this.#container));
    const entry: Entry = { breaker, options, declared, routes: [] };
    this.#entries.set(name, entry);
    return entry;
  }
}
