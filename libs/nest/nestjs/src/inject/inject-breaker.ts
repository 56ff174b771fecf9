import { Inject, type Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { CircuitBreaker } from '@nest-pooling/resilience';
import { BreakerRegistry } from '../breaker/breaker-registry.js';
import { UnknownBreakerError } from '../errors/breaker-errors.js';
import { classesIn } from '../method/classes-in.js';
import type { FaceDecorator } from '../registry/registry-types.js';
import { getBreakerToken } from './tokens.js';

/** Where a breaker is injected. */
interface BreakerMark {
  readonly name: string;
  /** `constructor parameter 0` or `property pricing`. */
  readonly member: string;
}

const MARKS = Symbol.for('nest-pooling.nestjs.breaker-injections');
const mentioned = new Set<string>();

/**
 * Injects the breaker `name` into a constructor parameter or a property: to read its state, to force it open or closed, to run something
 * else under it. It is the one that `breakers` of the module's options declare or that `@CircuitBreaker(name)` made, or `Controller.method` for
 * a route without a name of its own. A name that neither has stops the boot (`BREAKER_UNKNOWN`), with the nearest one that exists.
 */
export function InjectBreaker(name: string): FaceDecorator<CircuitBreaker> {
  mentioned.add(name);
  const inject = Inject(getBreakerToken(name)) as (
    target: object,
    key?: string | symbol,
    index?: number,
  ) => void;
  return (target: object, key: PropertyKey | undefined, index?: number): void => {
    inject(target, key as string | symbol | undefined, index);
    const type = index === undefined ? target.constructor : target;
    const member = index === undefined ? `property ${String(key)}` : `constructor parameter ${index}`;
    Reflect.defineMetadata(MARKS, [...marksOf(type), { name, member }], type);
  };
}

/**
 * A provider for every breaker that some decorator of this process mentions. One that the application does not have is an error only for
 * the application that uses it.
 */
export function breakerProviders(): readonly Provider[] {
  return [...mentioned].map((name) => ({
    provide: getBreakerToken(name),
    inject: [BreakerRegistry, ModulesContainer],
    useFactory: (registry: BreakerRegistry, container: ModulesContainer) => {
      const known = registry.names();
      return known.includes(name) ? registry.get(name) : refuseUses(name, known, container);
    },
  }));
}

/** The tokens of {@link breakerProviders}. */
export function breakerTokens(): readonly string[] {
  return [...mentioned].map(getBreakerToken);
}

function refuseUses(name: string, known: readonly string[], container: ModulesContainer): undefined {
  for (const type of classesIn(container)) {
    const mark = marksOf(type).find((each) => each.name === name);
    if (mark !== undefined) {
      throw new UnknownBreakerError(name, known, `${type.name} injects a breaker (${mark.member}). `);
    }
  }
  return undefined;
}

/** Also those of classes that it extends. */
function marksOf(type: object): readonly BreakerMark[] {
  return (Reflect.getMetadata(MARKS, type) as readonly BreakerMark[] | undefined) ?? [];
}
