import { describe, expect, test } from '@jest/globals';
import { OptionsError, Problems } from '@nest-pooling/core';
import { checkSettings, Pool, poolSettingNames, type PoolOptions } from './index.js';
import { resolveSettings } from './options.js';
import { makePool, type Thing } from './pool.fixture.js';

function problemsOf(options: unknown): readonly string[] {
  try {
    expect(new Pool(options as PoolOptions<Thing>).status).toBe('starting');
  } catch (error) {
    if (error instanceof OptionsError) return error.problems;
    throw error;
  }
  return [];
}

const factory = { create: () => Promise.resolve({}) };
const given = (settings: unknown) => problemsOf({ name: 'orders', factory, ...(settings as object) });

describe('options', () => {
  test('every problem is listed at once', () => {
    expect(() => new Pool({ name: 'orders', factory, min: -1, max: 0, acquireTimeoutMs: -5 })).toThrow(
      "the pool 'orders' has 3 options that cannot be used:\n" +
        '  - min: must be a whole number of at least 0 (got -1)\n' +
        '  - max: must be a whole number from 1 to 1000000 (got 0)\n' +
        '  - acquireTimeoutMs: must be a number from 0 to 2147483647 (got -5)',
    );
  });

  test.each([
    [{ name: '' }, "name: must be a text that is not empty (got '')"],
    [{ factory: undefined }, "factory.create: must be a function (got 'undefined')"],
    [{ factory: { ...factory, check: true } }, "factory.check: must be a function (got 'boolean')"],
    [{ factory: { ...factory, destroy: 'x' } }, "factory.destroy: must be a function (got 'string')"],
    [{ budget: 5 }, "budget: must be an object (got 'number')"],
    [{ mx: 5 }, 'mx: is unknown; did you mean max?'],
    [{ acquireTimeout: 5 }, 'acquireTimeout: is unknown; did you mean acquireTimeoutMs?'],
    [
      { preset: 'prod' },
      "preset: must be one of development, production, highTraffic, serverless (got 'prod')",
    ],
    [
      { preset: 'toString' },
      "preset: must be one of development, production, highTraffic, serverless (got 'toString')",
    ],
    [{ min: 6, max: 5 }, 'min: must not be more than max (5) (got 6)'],
    [{ min: 20 }, 'min: must not be more than max (10) (got 20)'],
    [{ min: 3, preset: 'serverless' }, 'min: must not be more than max (2) (got 3)'],
    [{ min: 3, maxIdle: 2 }, 'min: must not be more than maxIdle (2) (got 3)'],
    [{ min: 6, preset: 'development' }, 'min: must not be more than maxIdle (5) (got 6)'],
    [{ max: '10' }, "max: must be a whole number from 1 to 1000000 (got '10')"],
    [{ max: Infinity }, 'max: must be a whole number from 1 to 1000000 (got Infinity)'],
    [{ maxIdle: -1 }, 'maxIdle: must be a whole number of at least 0 (got -1)'],
    [{ maxUses: 0 }, 'maxUses: must be a whole number from 1 to 1000000000 (got 0)'],
    [{ createConcurrency: 0 }, 'createConcurrency: must be a whole number of at least 1 (got 0)'],
    [{ lifetimeJitter: 1.5 }, 'lifetimeJitter: must be a number from 0 to 1 (got 1.5)'],
    [{ createTimeoutMs: 0 }, 'createTimeoutMs: must be a number from 1 to 2147483647 (got 0)'],
    [{ leak: 5 }, "leak: must be an object (got 'number')"],
    [{ leak: null }, 'leak: must be an object (got null)'],
    [{ leak: { warnAfter: 5 } }, 'leak.warnAfter: is unknown; did you mean warnAfterMs?'],
    [{ leak: { warnAfterMs: 0 } }, 'leak.warnAfterMs: must be a number from 1 to 2147483647 (got 0)'],
    [{ createBackoff: { max: 5 } }, 'createBackoff.max: is unknown; did you mean maxMs?'],
    [
      { createBackoff: { initialMs: 0 } },
      'createBackoff.initialMs: must be a number from 1 to 2147483647 (got 0)',
    ],
    [{ leak: { stacks: 'on' } }, "leak.stacks: must be one of off, sampled, always (got 'on')"],
    [{ leak: { collected: 1 } }, "leak.collected: must be a boolean (got 'number')"],
    [{ leak: { reclaimAfterMs: 0 } }, 'leak.reclaimAfterMs: must be a number from 1 to 2147483647 (got 0)'],
    [{ leak: { reclaimAfter: 5 } }, 'leak.reclaimAfter: is unknown; did you mean reclaimAfterMs?'],
    [
      { leak: { collected: true }, leasesPerResource: 2 },
      'leak.collected: cannot be told with leasesPerResource above 1',
    ],
    [{ shedding: true }, "shedding: must be an object (got 'boolean')"],
    [{ shedding: { target: 5 } }, 'shedding.target: is unknown; did you mean targetMs?'],
    [{ shedding: { intervalMs: 0 } }, 'shedding.intervalMs: must be a number from 1 to 2147483647 (got 0)'],
    [{ adaptive: { ceilling: 5 } }, 'adaptive.ceilling: is unknown; did you mean ceiling?'],
    [{ adaptive: { floor: 1 } }, 'adaptive.floor: must not be less than min (2) (got 1)'],
    [{ freezeCheck: 'never' }, "freezeCheck: must be one of tick, borrow (got 'never')"],
    [{ validateOnReturn: 'yes' }, "validateOnReturn: must be a boolean (got 'string')"],
    [{ detectDeadlock: 1 }, "detectDeadlock: must be a boolean (got 'number')"],
    [{ histograms: null }, 'histograms: must be a boolean (got null)'],
    [{ keepaliveIntervalMs: 0 }, 'keepaliveIntervalMs: must be a number from 1 to 2147483647 (got 0)'],
    [{ priorityAgingMs: -1 }, 'priorityAgingMs: must be a number from 0 to 2147483647 (got -1)'],
    [{ slowAcquireMs: 0 }, 'slowAcquireMs: must be a number from 1 to 2147483647 (got 0)'],
  ])('%p is refused', (settings, problem) => {
    expect(given(settings)).toEqual([problem]);
  });

  test.each([
    {},
    { min: 0, max: 1 },
    { min: 10 },
    { max: 1 },
    { maxIdle: 0 },
    { maxIdle: Infinity, maxWaiters: Infinity },
    { acquireTimeoutMs: 0, failFastAfterMs: 0, validateAfterIdleMs: 0 },
    {
      failFastAfterMs: Infinity,
      idleTimeoutMs: Infinity,
      maxLifetimeMs: Infinity,
      validateAfterIdleMs: Infinity,
    },
    { leak: { warnAfterMs: Infinity }, unhealthyWaiters: Infinity, lifetimeJitter: 0 },
    { min: 3, preset: 'serverless', max: 3 },
    { keepaliveIntervalMs: Infinity, priorityAgingMs: Infinity, slowAcquireMs: Infinity },
    { shedding: {}, leak: { stacks: 'sampled', reclaimAfterMs: Infinity, collected: true } },
    { adaptive: {} },
    { adaptive: { floor: undefined, ceiling: 50 }, preset: 'serverless' },
    {
      shedding: undefined,
      adaptive: undefined,
      min: undefined,
      max: undefined,
      leak: undefined,
      createBackoff: undefined,
      budget: undefined,
    },
  ])('%p is fine', (settings) => {
    expect(given(settings)).toEqual([]);
  });

  test('settings inside other options are checked under their path', () => {
    const problems = new Problems();
    checkSettings({ max: 0, leak: { warnAfterMs: 0 } }, problems, 'pool.');
    expect(() => problems.throwIfAny('x')).toThrow(/- pool\.max: .*\n {2}- pool\.leak\.warnAfterMs: /);
    const nested = new Problems();
    checkSettings({ adaptive: { floor: 0 }, shedding: { targetMs: 0 } }, nested, 'pool.');
    expect(() => nested.throwIfAny('x')).toThrow(
      /- pool\.shedding\.targetMs: .*\n {2}- pool\.adaptive\.floor: /,
    );
  });

  test('the names of the settings are all that there are', () => {
    expect([...poolSettingNames].toSorted()).toEqual(
      ['preset', ...Object.keys(resolveSettings('x', {})).filter((name) => name !== 'name')].toSorted(),
    );
  });

  test('a construction connects to nothing and sets no timer', () => {
    const { env, factory: made } = makePool({ min: 5 });
    expect(env.pendingTimers).toBe(0);
    expect(made.calls).toBe(0);
  });
});
