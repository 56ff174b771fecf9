import { describe, expect, it } from '@jest/globals';
import { ConsoleLogger, type DynamicModule } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { OptionsError } from '@nest-pooling/core';
import { PoolingModule } from '../index.js';
import { definePool } from '../testing/index.js';

const sql = () => definePool({});

async function boot(module: DynamicModule): Promise<unknown> {
  const logger = new ConsoleLogger({ logLevels: [] });
  return Test.createTestingModule({ imports: [module] })
    .setLogger(logger)
    .compile();
}

async function problemsOf(act: () => unknown): Promise<readonly string[]> {
  const error = await Promise.resolve()
    .then(act)
    .then(
      () => undefined,
      (e: unknown) => e,
    );
  if (!(error instanceof OptionsError)) throw new Error('expected an OptionsError', { cause: error });
  return error.problems;
}

describe('options of PoolingModule', () => {
  it('refuses options that are wrong, all at once', async () => {
    expect(
      await problemsOf(() =>
        PoolingModule.forRoot({
          pools: { orders: 'postgres://u:secret@h' },
          drainDeadlineMs: -1,
          isGlobal: 'yes',
          helth: false,
          plugins: [{}],
          health: { timeoutMs: 0, pth: 'x' },
        } as never),
      ),
    ).toEqual([
      'helth: is unknown; did you mean health?',
      "isGlobal: must be a boolean (got 'string')",
      'drainDeadlineMs: must be a number from 0 to 2147483647 (got -1)',
      'health.pth: is unknown; did you mean path?',
      'health.timeoutMs: must be a number from 1 to 2147483647 (got 0)',
      "plugins[0]: must be a plugin, with a name and an attach function (got 'object')",
      'pools.orders: must be a definition, such as postgres({ … }) returns (got string)',
    ]);
    expect(await problemsOf(() => PoolingModule.forRoot({} as never))).toEqual([
      "pools: must be an object of definitions by pool name (got 'undefined')",
    ]);
    expect(await problemsOf(() => PoolingModule.forRoot({ pools: {} }))).toEqual([
      'pools: must name at least one pool',
    ]);
  });

  it('refuses breakers that are wrong, with everything else', async () => {
    const breakers = {
      pricing: { failureThreshold: 0, name: 'x', window: { calls: -1 } },
      payments: { openMS: 3, fallback: () => 1 },
      ' ': {},
      mail: null,
    };
    const problems = await problemsOf(() =>
      PoolingModule.forRootAsync({ pools: [], useFactory: () => ({}), breakers } as never),
    );
    expect(problems).toEqual([
      "breakers.pricing.name: is not possible here: the breaker is called 'pricing'",
      'breakers.pricing.failureThreshold: must be a whole number of at least 1 (got 0)',
      expect.stringMatching(/^breakers\.pricing\.window\.calls: must be/),
      'breakers.payments.openMS: is unknown; did you mean openMs?',
      'breakers.payments.fallback: is unknown',
      'breakers. : must have a name',
      "breakers.mail: must be an object (got 'object')",
      'pools: must name at least one pool',
    ]);
    const list = () => PoolingModule.forRoot({ pools: { a: sql() }, breakers: [] } as never);
    expect(await problemsOf(list)).toEqual([
      "breakers: must be an object of options by the name of the breaker (got 'object')",
    ]);
  });

  it('refuses forRootAsync without a factory, or with two, before Nest sees it', async () => {
    expect(await problemsOf(() => PoolingModule.forRootAsync({} as never))).toEqual([
      'useFactory: exactly one of useFactory, useClass, useExisting must be given (got none)',
      'pools: must be an array of the names of the pools that the factory returns (got undefined)',
    ]);
    expect(
      await problemsOf(() =>
        PoolingModule.forRootAsync({
          pools: ['a', 'a', ''],
          useFactory: () => ({}),
          useClass: 3,
          inject: 'x',
        } as never),
      ),
    ).toEqual([
      'useFactory: exactly one of useFactory, useClass, useExisting must be given (got useFactory and useClass)',
      "useClass: must be a function (got 'number')",
      "inject: must be an array of tokens (got 'string')",
      "pools[1]: is listed twice (got 'a')",
      'pools[2]: must not be empty',
    ]);
  });

  it.each([
    [undefined, ['(result): must be an object of definitions by pool name (got undefined)']],
    [null, ['(result): must be an object of definitions by pool name (got null)']],
    [[], ['(result): must be an object of definitions by pool name (got an array)']],
    [
      { orders: sql(), ruoted: sql() },
      [
        'routed: is listed in pools, but there is no definition of it',
        'ruoted: is not listed in pools; did you mean routed?',
      ],
    ],
    [
      { orders: 'postgres://u:secret@h', routed: null },
      [
        'orders: must be a definition, such as postgres({ … }) returns (got string)',
        'routed: must be a definition, such as postgres({ … }) returns (got null)',
      ],
    ],
  ])('refuses a factory that returns %p', async (returned, expected) => {
    const problems = await problemsOf(() =>
      boot(PoolingModule.forRootAsync({ pools: ['orders', 'routed'], useFactory: () => returned as never })),
    );
    expect(problems).toEqual(expected);
  });
});
