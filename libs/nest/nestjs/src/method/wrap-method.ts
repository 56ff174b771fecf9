import { isObservable } from 'rxjs';
import { MisplacedDecoratorError } from '../errors/method-errors.js';

/** The key of the metadata that names the pool of a method. */
export const POOL_OF_METHOD = 'nest-pooling:pool-of-method';
/** The key of what a wrapped method gives, for the decorator outside of it. */
const GIVES = Symbol.for('nest-pooling.method.gives');

/** What a decorator needs of a pool. */
export interface PoolOfMethod {
  /** `@Transactional`, for messages. */
  readonly decorator: string;
  /** The name of the pool. */
  readonly pool: string;
}

/** What a method gives: known before it is called, or whatever surrounds it could not begin at the right moment. */
export type Gives = 'promise' | 'observable' | 'iterator';

/** Any method. */
export type Method = (this: object | undefined, ...args: unknown[]) => unknown;

/** Where a decorated method stands. */
export class Place {
  constructor(
    readonly className: string,
    readonly method: string,
    /** What it gives. */
    readonly gives: Gives,
  ) {}

  toString(): string {
    return `${this.className}.${this.method}`;
  }
}

/**
 * Makes a method decorator that puts something around the method. Name, number of parameters and metadata stay, so that decorators of Nest
 * may stand above and below.
 */
export function methodDecorator(
  decorator: string,
  wrap: (original: Method, place: Place) => Method,
): MethodDecorator {
  return (target: object, key: string | symbol, descriptor?: PropertyDescriptor): PropertyDescriptor => {
    const original: unknown = descriptor?.value;
    const className = (typeof target === 'function' ? target : target.constructor).name;
    if (typeof original !== 'function')
      throw new MisplacedDecoratorError(decorator, `${className}.${String(key)}`);
    if (original.constructor.name === 'GeneratorFunction')
      throw new MisplacedDecoratorError(decorator, `${className}.${String(key)}`, true);
    const place = new Place(
      className,
      String(key),
      givesOf(original, Reflect.getMetadata('design:returntype', target, key)),
    );
    const wrapped = wrap(original as Method, place);
    Object.defineProperties(wrapped, {
      name: { value: original.name, configurable: true },
      length: { value: original.length, configurable: true },
      [GIVES]: { value: place.gives },
    });
    for (const name of Reflect.getOwnMetadataKeys(original)) {
      Reflect.defineMetadata(name, Reflect.getOwnMetadata(name, original), wrapped);
    }
    return { ...descriptor, value: wrapped };
  };
}

/** Notes the pool that a method needs, to be checked at boot. */
export function usesPool(method: Method, used: PoolOfMethod): Method {
  Reflect.defineMetadata(POOL_OF_METHOD, used, method);
  return method;
}

function givesOf(method: object, declared: unknown): Gives {
  const known = (method as { [GIVES]?: Gives })[GIVES];
  if (known !== undefined) return known;
  // By name: rxjs may well be installed twice.
  if (typeof declared === 'function' && isObservable(declared.prototype)) return 'observable';
  const { name } = method.constructor;
  return name === 'AsyncGeneratorFunction' ? 'iterator' : 'promise';
}
