import { nearest, type ErrorCategory } from '@nest-pooling/core';
import { PoolingModuleError } from './pooling-module-error.js';

/** Lists names for a message. */
function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map((name) => `'${name}'`).join(', ');
}

/** A pool was asked for by a name that no `PoolingModule` of the application knows. */
export class UnknownPoolError extends PoolingModuleError {
  static override readonly brand = 'UnknownPoolError';
  /** Always `POOL_UNKNOWN`. */
  readonly code = 'POOL_UNKNOWN';
  /** The program must be changed. */
  readonly category: ErrorCategory = 'misuse';
  /** The name that was asked for. */
  readonly pool: string;
  /** The names that exist. */
  readonly known: readonly string[];

  constructor(pool: string, known: readonly string[], where = '') {
    const near = nearest(pool, known);
    super(
      `${where}There is no pool '${pool}'. ${near === undefined ? '' : `Did you mean '${near}'? `}` +
        `Known pools: ${list(known)}. Add it to the pools of PoolingModule.forRoot or forRootAsync, or correct the name.`,
    );
    this.pool = pool;
    this.known = known;
  }
}

/** Two registrations of `PoolingModule` in one application define a pool of the same name. */
export class DuplicatePoolError extends PoolingModuleError {
  static override readonly brand = 'DuplicatePoolError';
  /** Always `POOL_DUPLICATE`. */
  readonly code = 'POOL_DUPLICATE';
  /** The program must be changed. */
  readonly category: ErrorCategory = 'misuse';
  /** The names that are defined more than once. */
  readonly pools: readonly string[];

  constructor(pools: readonly string[], atRunTime = false) {
    super(
      atRunTime
        ? `There is a pool ${list(pools)} already. Give the new one another name, or remove the first one before.`
        : `More than one PoolingModule of this application defines ${list(pools)}; ` +
            `one of them would silently win. Give each pool a name of its own, or keep the module in one constant and import that.`,
    );
    this.pools = pools;
  }
}

/** A pool was to be removed that belongs to the configuration: it is injected, and would be missing. */
export class PoolNotRemovableError extends PoolingModuleError {
  static override readonly brand = 'PoolNotRemovableError';
  /** Always `POOL_NOT_REMOVABLE`. */
  readonly code = 'POOL_NOT_REMOVABLE';
  /** The program must be changed. */
  readonly category: ErrorCategory = 'misuse';
  /** The name of the pool. */
  readonly pool: string;

  constructor(pool: string) {
    super(
      `Pool '${pool}' was not added by PoolRegistry.add but by a PoolingModule, so it stays as long as the application. ` +
        `To stop it for a while call registry.managed('${pool}').suspend().`,
    );
    this.pool = pool;
  }
}

/** Where a pool is injected. */
export interface InjectionPlace {
  /** The class that asks, for instance `OrdersService`. */
  readonly className: string;
  /** The parameter or property, for instance `constructor parameter 0`. */
  readonly member: string;
  /** The decorator, where a decorated method uses the pool. */
  readonly decorator?: string;
  /** What to do about it, where nothing is injected. */
  readonly next?: string;
}

/** A pool is injected as something that it is not, an `HttpPool` as a `SqlPool` for instance. */
export class PoolFaceError extends PoolingModuleError {
  static override readonly brand = 'PoolFaceError';
  /** Always `POOL_FACE_MISMATCH`. */
  readonly code = 'POOL_FACE_MISMATCH';
  /** The program must be changed. */
  readonly category: ErrorCategory = 'misuse';
  /** The name of the pool. */
  readonly pool: string;
  /** Where it is injected. */
  readonly place: InjectionPlace;
  /** The name of the class that was declared. */
  readonly expected: string;
  /** The name of the class that the pool has. */
  readonly actual: string;

  constructor(pool: string, place: InjectionPlace, expected: string, actual: string, sameName: boolean) {
    super(
      `${place.className} takes pool '${pool}' as ${expected} (${place.member}), but its face is ${actual}. ` +
        (sameName
          ? `Both names are the same: the package that exports ${expected} is installed twice; deduplicate it (npm ls).`
          : place.decorator !== undefined
            ? `${place.decorator} works on SQL pools: name one of those.`
            : (place.next ??
              `Declare the ${place.member} of ${place.className} as a class that '${pool}' has, or inject another pool.`)),
    );
    this.pool = pool;
    this.place = place;
    this.expected = expected;
    this.actual = actual;
  }
}

/** A pool exists but is not open yet: it was asked for while the application is still being put together. */
export class PoolNotOpenError extends PoolingModuleError {
  static override readonly brand = 'PoolNotOpenError';
  /** Always `POOL_NOT_OPEN`. */
  readonly code = 'POOL_NOT_OPEN';
  /** The program must be changed. */
  readonly category: ErrorCategory = 'misuse';
  /** The name of the pool. */
  readonly pool: string;

  constructor(pool: string) {
    super(
      `Pool '${pool}' is not open yet: its PoolingModule has not been instantiated. ` +
        `Inject it with @InjectPool('${pool}'), or ask the registry in onModuleInit or later.`,
    );
    this.pool = pool;
  }
}

/** The pools depend on a request-scoped provider, so there would be new pools for each request. */
export class PoolScopeError extends PoolingModuleError {
  static override readonly brand = 'PoolScopeError';
  /** Always `POOL_SCOPE`. */
  readonly code = 'POOL_SCOPE';
  /** The program must be changed. */
  readonly category: ErrorCategory = 'misuse';
  /** The names of the pools. */
  readonly pools: readonly string[];

  constructor(pools: readonly string[]) {
    super(
      `The factory of ${list(pools)} injects a provider that is not a singleton, so that every request would open pools ` +
        `that nobody closes. Inject only providers of default scope in PoolingModule.forRootAsync.`,
    );
    this.pools = pools;
  }
}
