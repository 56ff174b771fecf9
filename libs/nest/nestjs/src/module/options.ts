import type { CanActivate, ModuleMetadata, Provider, Type } from '@nestjs/common';
import type { Env, Plugin } from '@nest-pooling/core';
import type { CircuitBreakerOptions } from '@nest-pooling/resilience';
import type { FactoryToken, NoExtra, PoolDefinitions, ResolvedAll } from '../registry/registry-types.js';

/** Options of the ready health controller. */
export interface PoolHealthOptions {
  /** The route of the pools' numbers. Default `health/pools`. */
  readonly path?: string;
  /** The route that probes the servers. Default `health/db`. */
  readonly dbPath?: string;
  /** Milliseconds that the servers have to answer a probe. Default 1,000, below the usual probe timeouts of orchestrators. */
  readonly timeoutMs?: number;
  /** A probe's answer that is not older than this, in milliseconds, is given again. Default 0: only who asks at the same time shares one. */
  readonly cacheMs?: number;
  /** Guards of both routes, for instance one that admits internal addresses only. Default: none, since the bodies hold no secrets. */
  readonly guards?: readonly (Type<CanActivate> | CanActivate)[];
}

/** Options of a breaker in {@link PoolingModuleExtras.breakers}. An answer of 4xx counts for nothing, unless `classify` decides otherwise. */
export type DeclaredBreakerOptions = Omit<CircuitBreakerOptions, 'name'>;

/** What must be known before anything is instantiated: stands beside the factory, never in it. */
export interface PoolingModuleExtras {
  /** Metrics, tracing, a shared budget: attached to every pool when it is opened. Default: none. */
  readonly plugins?: readonly Plugin[];
  /** Pools can be injected everywhere without importing the module again. Default `true`. */
  readonly isGlobal?: boolean;
  /** The ready controller; `false` leaves it out. Default: on. */
  readonly health?: PoolHealthOptions | false;
  /** Registers `PoolExceptionFilter` for the whole application. Default `true`. */
  readonly exceptionFilter?: boolean;
  /**
   * Circuit breakers by name, whether a route uses them or not: `@CircuitBreaker('pricing')` and `@InjectBreaker('pricing')` mean the one that
   * is declared here. A route that has no name of its own takes the one that is called `Controller.method`. Default: none.
   */
  readonly breakers?: Readonly<Record<string, DeclaredBreakerOptions>>;
  /**
   * How long the application still takes requests when it shuts down, in milliseconds: its health is unavailable from the beginning, and whoever
   * sends requests must have time to see that. Default 0, for whoever runs without a load balancer; behind one, two periods of its probes.
   * Answers end their keep-alive connections meanwhile. Not together with Nest's `return503OnClosing`, which refuses what comes then.
   */
  readonly shutdownDelayMs?: number;
  /** How long accepted work may take to finish when the application shuts down, in milliseconds. Default 10,000. */
  readonly drainDeadlineMs?: number;
  /**
   * How long one pool may take to close after that, in milliseconds. Default 5,000: with the drain it fits the
   * 30 s that Kubernetes gives.
   */
  readonly closeTimeoutMs?: number;
  /** Time and chance, for tests. Default: the real ones. */
  readonly env?: Env;
}

/** Options of `PoolingModule.forRoot`. */
export interface PoolingModuleOptions<R extends PoolDefinitions> extends PoolingModuleExtras {
  /** The pools by name. */
  readonly pools: R;
}

/** What a class for `useClass` or `useExisting` implements. */
export interface PoolingOptionsFactory<R extends PoolDefinitions = PoolDefinitions> {
  /** Gives the definitions of exactly the pools that are listed in `pools`. Must have no side effects. */
  createPools(): R | Promise<R>;
}

type Result<Name extends string, R> = R & NoExtra<Name, R>;

/** A class, given as a value, whose instances make the definitions. */
type FactoryClass<Name extends string, R extends PoolDefinitions> = abstract new (
  ...args: never
) => PoolingOptionsFactory<Result<Name, R>>;

interface AsyncCommon<Names extends readonly string[]> extends PoolingModuleExtras {
  /**
   * The names of the pools. Nest must know them before the factory runs, so they stand here; the factory returns
   * exactly these.
   */
  readonly pools: Names;
  /** Modules whose providers the factory needs. */
  readonly imports?: ModuleMetadata['imports'];
  /** Providers that only the factory needs. */
  readonly extraProviders?: readonly Provider[];
}

/** Options of `PoolingModule.forRootAsync`: one of `useFactory`, `useClass` and `useExisting`. */
export type PoolingModuleAsyncOptions<
  Names extends readonly string[],
  R extends PoolDefinitions<Names[number]>,
  Tokens extends readonly FactoryToken[],
> = AsyncCommon<Names> &
  (
    | {
        /** What `useFactory` is called with. */
        readonly inject?: Tokens;
        /** Gives the definitions. Must have no side effects: nothing connects before the pools start. */
        readonly useFactory: (
          ...deps: ResolvedAll<Tokens>
        ) => Result<Names[number], R> | Promise<Result<Names[number], R>>;
        readonly useClass?: never;
        readonly useExisting?: never;
      }
    | {
        /** Instantiated for this purpose. */
        readonly useClass: FactoryClass<Names[number], R>;
        readonly useFactory?: never;
        readonly useExisting?: never;
        readonly inject?: never;
      }
    | {
        /** A provider that exists already. */
        readonly useExisting: FactoryClass<Names[number], R>;
        readonly useFactory?: never;
        readonly useClass?: never;
        readonly inject?: never;
      }
  );
