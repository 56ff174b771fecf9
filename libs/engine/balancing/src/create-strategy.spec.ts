import { describe, expect, test } from '@jest/globals';
import { OptionsError, PoolingError } from '@nest-pooling/core';
import * as fc from 'fast-check';
import {
  BalancingError,
  createStrategy,
  strategyNames,
  UnknownStrategyError,
  type StrategyName,
} from './index.js';

const candidate = fc.record({
  id: fc.string(),
  weight: fc.double({ min: 0.1, max: 100, noNaN: true }),
  load: fc.nat(1_000),
  zone: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
});

describe('createStrategy', () => {
  test('makes every strategy that it lists, under its name', () => {
    expect(strategyNames).toEqual(['round-robin', 'random', 'least-loaded', 'p2c', 'fastest']);
    for (const name of strategyNames) expect(createStrategy(name, () => 0).name).toBe(name);
  });

  test.each([
    ['least-load', "'least-load'. Did you mean 'least-loaded'?"],
    ['Random', "'Random'. Did you mean 'random'?"],
    ['toString', "'toString'. Set"],
    [undefined, 'of type undefined. Set'],
    ['x'.repeat(100), `'${'x'.repeat(39)}…'. Set`],
  ])('refuses %s', (name, message) => {
    const make = (): unknown => createStrategy(name as StrategyName, () => 0);
    expect(make).toThrow(UnknownStrategyError);
    expect(make).toThrow(message);
    expect(make).toThrow('Set the strategy to one of round-robin, random, least-loaded, p2c, fastest.');
  });

  test('the error belongs to the family', () => {
    const error = new UnknownStrategyError('fast', strategyNames);
    expect(error).toBeInstanceOf(BalancingError);
    expect(error).toBeInstanceOf(PoolingError);
    expect(error).toMatchObject({
      name: 'UnknownStrategyError',
      code: 'STRATEGY_UNKNOWN',
      category: 'misuse',
      known: strategyNames,
    });
  });

  test('only fastest needs a clock, with affinity too', () => {
    for (const options of [{}, { affinity: { zone: 'a' } }]) {
      const timed = strategyNames.filter((name) => createStrategy(name, () => 0, options).timed === true);
      expect(timed).toEqual(['fastest']);
    }
  });

  test('wrong options are refused, all at once', () => {
    const make = (options: object): unknown => createStrategy('fastest', () => 0, options);
    expect(() => make({ tauMs: 0, timeoutMs: -1 })).toThrow('A balancing strategy has 2 options');
    expect(() => make({ affinity: { zone: '', spillFactor: 0.5, spillForm: 1 } })).toThrow(OptionsError);
    expect(() => make({ affinity: { zone: '', spillFactor: 0.5, spillForm: 1 } })).toThrow(
      'spillForm: is unknown; did you mean spillFrom?',
    );
  });

  test.each(strategyNames)('%s: one of the candidates, nothing only from an empty list', (name) => {
    fc.assert(
      fc.property(
        fc.array(fc.array(candidate, { maxLength: 6 }), { maxLength: 30 }),
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1 }),
        (lists, chances) => {
          let at = 0;
          const random = (): number => chances[at++ % chances.length]!;
          for (const options of [{}, { affinity: { zone: 'a' } }]) {
            const strategy = createStrategy(name, random, options);
            for (const list of lists) {
              const chosen = strategy.pick(list);
              expect(list.length === 0 ? chosen === undefined : list.includes(chosen!)).toBe(true);
              if (chosen) strategy.observe?.(chosen, chosen.load, 'answered', at);
            }
          }
        },
      ),
    );
  });
});
