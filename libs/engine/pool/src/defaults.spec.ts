import { describe, expect, test } from '@jest/globals';
import { Pool, presets, type PoolSettings, type PresetName } from './index.js';
import { resolveSettings } from './options.js';

describe('defaults', () => {
  test('are the ones that are documented', () => {
    expect(resolveSettings('orders', {})).toEqual({
      name: 'orders',
      min: 2,
      max: 10,
      maxIdle: Infinity,
      leasesPerResource: 1,
      maxWaiters: 10_000,
      acquireTimeoutMs: 10_000,
      createTimeoutMs: 5_000,
      createConcurrency: 4,
      createBackoff: { initialMs: 100, maxMs: 5_000 },
      failFastAfterMs: 1_000,
      idleTimeoutMs: 300_000,
      maxLifetimeMs: 1_800_000,
      lifetimeJitter: 0.1,
      maxUses: 1_000_000_000,
      validateAfterIdleMs: 30_000,
      validateTimeoutMs: 2_000,
      resetTimeoutMs: 5_000,
      destroyTimeoutMs: 5_000,
      closeTimeoutMs: 5_000,
      unhealthyWaiters: 10,
      leak: { warnAfterMs: 60_000, reclaimAfterMs: Infinity, stacks: 'off', collected: false },
      keepaliveIntervalMs: 30_000,
      validateOnReturn: false,
      freezeCheck: 'tick',
      priorityAgingMs: 1_000,
      slowAcquireMs: 1_000,
      shedding: undefined,
      adaptive: undefined,
      detectDeadlock: false,
      histograms: false,
    });
  });

  test('min is less when max or maxIdle are', () => {
    expect(resolveSettings('orders', { max: 1 }).min).toBe(1);
    expect(resolveSettings('orders', { maxIdle: 0 }).min).toBe(0);
  });

  test('an undefined value is no value, at any depth', () => {
    const settings = {
      max: undefined,
      leak: { warnAfterMs: undefined },
      createBackoff: { maxMs: undefined, initialMs: 7 },
    };
    expect(resolveSettings('orders', settings)).toEqual(
      resolveSettings('orders', { createBackoff: { initialMs: 7 } }),
    );
  });

  test.each<[PresetName, PoolSettings]>([
    ['development', { min: 2, maxIdle: 5, max: 15 }],
    ['production', { min: 2, maxIdle: 20, max: 30 }],
    ['highTraffic', { max: 50, maxIdle: Infinity, acquireTimeoutMs: 10_000, maxLifetimeMs: 1_800_000 }],
    [
      'serverless',
      { min: 0, max: 2, idleTimeoutMs: 10_000, validateAfterIdleMs: 5_000, freezeCheck: 'borrow' },
    ],
  ])('preset %s', (preset, expected) => {
    expect(resolveSettings('orders', { preset })).toMatchObject(expected);
    const factory = { create: () => Promise.resolve({}) };
    expect(new Pool({ name: 'orders', factory, preset }).status).toBe('starting');
    expect(Object.keys(presets)).toContain(preset);
  });

  test('options beside a preset win over it', () => {
    expect(resolveSettings('orders', { preset: 'production', max: 25, maxIdle: undefined })).toMatchObject({
      max: 25,
      maxIdle: 20,
    });
  });
});
