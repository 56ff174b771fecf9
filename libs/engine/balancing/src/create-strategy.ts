import { Problems } from '@nest-pooling/core';
import { UnknownStrategyError } from './error.js';
import { Fastest, type FastestOptions } from './fastest.js';
import { Guarded, type MisuseListener } from './guarded.js';
import { LeastLoaded } from './least-loaded.js';
import { PowerOfTwoChoices } from './p2c.js';
import { WeightedRandom } from './random.js';
import { RoundRobin } from './round-robin.js';
import type { BalancingStrategy } from './strategy.js';
import { ZoneAffinity, type ZoneAffinityOptions } from './zone-affinity.js';

/**
 * The strategies that exist.
 *
 * - `round-robin`: in turn, by weight
 * - `random`: by chance, in proportion to weight
 * - `least-loaded`: the lowest (load + 1) / weight; equal ones in turn
 * - `p2c`: the less loaded of two that chance draws; for many processes in front of the same nodes
 * - `fastest`: the lowest latency x (load + 1) / weight; needs a clock for every call
 */
export type StrategyName = 'round-robin' | 'random' | 'least-loaded' | 'p2c' | 'fastest';

/** A strategy of this package by its name, or one of your own. */
export type StrategyChoice = StrategyName | BalancingStrategy;

/** What {@link createStrategy} may be told besides. */
export interface StrategyOptions extends FastestOptions {
  /** Prefers the nodes of a zone, whichever strategy then chooses among them. Default: no zone is preferred. */
  readonly affinity?: ZoneAffinityOptions | undefined;
  /** Is told once if a strategy of the user's own misbehaves; round-robin chooses then. Default: nobody is told. */
  readonly onMisuse?: MisuseListener | undefined;
}

type Maker = (random: () => number, options: StrategyOptions) => BalancingStrategy;

const makers: Readonly<Record<StrategyName, Maker>> = {
  'round-robin': () => new RoundRobin(),
  random: (random) => new WeightedRandom(random),
  'least-loaded': (random) => new LeastLoaded(random),
  p2c: (random) => new PowerOfTwoChoices(random),
  fastest: (_random, options) => new Fastest(options),
};

/** The names that {@link createStrategy} knows, for checks of options and for messages. */
export const strategyNames: readonly StrategyName[] = Object.freeze(Object.keys(makers) as StrategyName[]);

/**
 * Makes a strategy, or takes one of the user's own and guards against its errors. Each has a memory of its own: one per list
 * of nodes that is chosen from.
 *
 * @param random a number in [0, 1): `env.random`
 * @throws UnknownStrategyError (`STRATEGY_UNKNOWN`) if there is none of that name
 * @throws OptionsError (`OPTIONS_INVALID`) that lists what is wrong with an instance or with the options
 */
export function createStrategy(
  choice: StrategyChoice,
  random: () => number,
  options: StrategyOptions = {},
): BalancingStrategy {
  const problems = new Problems();
  problems.duration('tauMs', options.tauMs, { min: 1 });
  problems.duration('timeoutMs', options.timeoutMs, { min: 1 });
  problems.throwIfAny('A balancing strategy');
  const strategy = make(choice, random, options);
  return options.affinity === undefined ? strategy : new ZoneAffinity(strategy, options.affinity);
}

/** Adds to `problems` what is wrong with a strategy that somebody configured; `undefined` is taken as not given. */
export function checkStrategy(problems: Problems, path: string, choice: unknown): void {
  if (typeof choice === 'object' && choice !== null) checkInstance(problems, `${path}.`, choice);
  else problems.oneOf(path, choice, strategyNames);
}

function make(choice: StrategyChoice, random: () => number, options: StrategyOptions): BalancingStrategy {
  if (typeof choice === 'object' && choice !== null) {
    const problems = new Problems();
    checkInstance(problems, '', choice);
    problems.throwIfAny('A balancing strategy of your own');
    return new Guarded(choice, options.onMisuse);
  }
  if (!Object.hasOwn(makers, choice)) throw new UnknownStrategyError(choice, strategyNames);
  return makers[choice](random, options);
}

function checkInstance(problems: Problems, path: string, instance: object): void {
  const { name, timed, pick, observe, forget } = instance as Partial<
    Record<keyof BalancingStrategy, unknown>
  >;
  if (typeof name !== 'string' || name === '')
    problems.add(`${path}name`, 'must be a text that is not empty');
  if (typeof pick !== 'function') problems.add(`${path}pick`, 'must be a method', typeof pick);
  problems.type(`${path}timed`, timed, 'boolean');
  problems.type(`${path}observe`, observe, 'function');
  problems.type(`${path}forget`, forget, 'function');
  if (timed === true && observe === undefined) {
    problems.add(`${path}observe`, 'must be there when timed is true, or clocks are read for nobody');
  }
}
