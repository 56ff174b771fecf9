import { describe, expect, test } from '@jest/globals';
import { checkSettings } from '@nest-pooling/pool';
import { Problems } from '@nest-pooling/core';
import { checkPooling, settingsOf } from './config.js';

const NO_LIMIT = 2_147_483_647;

describe('settingsOf', () => {
  test('pg.Pool’s defaults, and nothing that it does not have', () => {
    expect(settingsOf({ idleTimeoutMillis: 10_000 })).toMatchObject({
      max: 10,
      min: 0,
      idleTimeoutMs: 10_000,
      maxLifetimeMs: Infinity,
      acquireTimeoutMs: NO_LIMIT,
      createTimeoutMs: NO_LIMIT,
      maxWaiters: Infinity,
      validateAfterIdleMs: Infinity,
      keepaliveIntervalMs: Infinity,
    });
  });

  test.each([
    [
      { max: 3, min: 5 },
      { max: 3, min: 3 },
    ],
    [{ idleTimeoutMillis: 0 }, { idleTimeoutMs: Infinity }],
    [{ idleTimeoutMillis: null }, { idleTimeoutMs: Infinity }],
    [{ connectionTimeoutMillis: 50 }, { acquireTimeoutMs: 50, createTimeoutMs: 50 }],
    [{ maxLifetimeSeconds: 2 }, { maxLifetimeMs: 2_000, lifetimeJitter: 0 }],
    [{ maxUses: 7 }, { maxUses: 7 }],
    // As texts, from an environment.
    [{ max: '4' as never }, { max: 4, createConcurrency: 4 }],
  ])('%j', (options, expected) => {
    const settings = settingsOf(options);
    expect(settings).toMatchObject(expected);
    const problems = new Problems();
    checkSettings(settings, problems);
    expect(problems.count).toBe(0);
  });

  test('those of the engine win', () => {
    expect(settingsOf({ max: 3 }, { maxWaiters: 5, validateAfterIdleMs: 100 })).toMatchObject({
      max: 3,
      maxWaiters: 5,
      validateAfterIdleMs: 100,
    });
  });
});

describe('checkPooling', () => {
  test('lists everything that is wrong', () => {
    const wrong = { onReturn: 'reset', naem: 'x', name: 1, settings: { maxWaiter: 5 } };
    expect(() => checkPooling(wrong as never)).toThrow(/naem[^]*name[^]*onReturn[^]*maxWaiters/);
    expect(() => checkPooling({ onReturn: 'session', name: 'orders', settings: { leak: {} } })).not.toThrow();
  });
});
