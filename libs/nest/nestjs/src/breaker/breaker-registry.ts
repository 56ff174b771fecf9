import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { CircuitBreaker, type BreakerReport } from '@nest-pooling/resilience';
import { BreakerConflictError, UnknownBreakerError } from '../errors/breaker-errors.js';
import { containerEnv } from '../module/registration.js';
import { classifyRouteError } from './route-failure.js';
import { routesIn, type BreakerRoute } from './route-breaker.js';

interface Entry {
  readonly breaker: CircuitBreaker;
  /** As the route that has options gave them; `undefined` while all take the defaults. */
  readonly options: object | undefined;
  /** The routes that it guards. */
  readonly routes: string[];
}

/** The breakers of the application's routes, by name. */
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
    const routes = routesIn(this.#container);
    // Options first: a route that only refers to a name may well be found before the one that has the options.
    for (const route of routes) if (route.breaker.options) this.forRoute(route);
    for (const route of routes) this.forRoute(route);
  }

  /**
   * The breaker `name`: a name that was given to `@CircuitBreaker`, or `Controller.method`.
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
    // Controllers of the same name in different modules must not share a breaker by accident.
    for (let n = 2; this.#entries.has(name); n++) name = `${route.label}#${n}`;
    return this.#make(name, route).breaker;
  }

  #shared(route: BreakerRoute, name: string): CircuitBreaker {
    const entry = this.#entries.get(name) ?? this.#make(name, route);
    const { options } = route.breaker;
    if (options && !sameOptions(options, entry.options ?? {})) {
      throw new BreakerConflictError(name, entry.routes[0] ?? 'another route', route.label);
    }
    if (!entry.routes.includes(route.label)) entry.routes.push(route.label);
    return entry.breaker;
  }

  #make(name: string, route: BreakerRoute): Entry {
    const { options } = route.breaker;
    const env = containerEnv(this.#container);
    const classify = options?.classify ?? classifyRouteError;
    const breaker = new CircuitBreaker({ ...options, classify, name }, env);
    const entry: Entry = { breaker, options, routes: [route.label] };
    this.#entries.set(name, entry);
    return entry;
  }
}

function sameOptions(a: object, b: object): boolean {
  const left = Object.entries(a);
  return (
    left.length === Object.keys(b).length &&
    left.every(([key, value]) => (b as Record<string, unknown>)[key] === value)
  );
}
