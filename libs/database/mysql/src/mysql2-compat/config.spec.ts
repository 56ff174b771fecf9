import { describe, expect, test } from '@jest/globals';
import { Problems } from '@nest-pooling/core';
import { checkSettings } from '@nest-pooling/pool';
import { checked, type CompatOptions } from './config.js';

const NO_LIMIT = 2_147_483_647;

describe('the options of a pool', () => {
  test('mysql2’s defaults, and nothing that it does not have', () => {
    const { config, settings } = checked({});
    expect(config).toMatchObject({ connectionLimit: 10, queueLimit: 0, waitForConnections: true });
    expect(settings).toMatchObject({
      max: 10,
      min: 0,
      maxIdle: Infinity,
      idleTimeoutMs: Infinity,
      maxLifetimeMs: Infinity,
      acquireTimeoutMs: NO_LIMIT,
      createTimeoutMs: NO_LIMIT,
      validateAfterIdleMs: Infinity,
      keepaliveIntervalMs: Infinity,
    });
  });

  test.each<[CompatOptions | string, object]>([
    [{ connectionLimit: 0 }, { max: 1_000_000 }],
    [
      { connectionLimit: 4, maxIdle: 2 },
      { max: 4, maxIdle: 2, idleTimeoutMs: 60_000 },
    ],
    [
      { maxIdle: 2, idleTimeout: 5 },
      { maxIdle: 2, idleTimeoutMs: 5 },
    ],
    [{ idleTimeout: 5_000 }, { maxIdle: Infinity, idleTimeoutMs: 5_000 }],
    [{ acquireTimeout: 50 }, { acquireTimeoutMs: 50 }],
    [{ pooling: { settings: { min: 2, maxWaiters: 5 } } }, { min: 2, maxWaiters: 5 }],
    // As texts, from an environment or a URI.
    [
      { connectionLimit: '4' as never, acquireTimeout: '70' as never },
      { max: 4, acquireTimeoutMs: 70 },
    ],
    ['mysql://me:secret@db:3307/shop?connectionLimit=3', { max: 3 }],
  ])('%j', (options, expected) => {
    const { settings } = checked(options);
    expect(settings).toMatchObject(expected);
    const problems = new Problems();
    checkSettings(settings, problems);
    expect(problems.count).toBe(0);
  });

  test('what mysql2 reads from a URI, and what stands beside it', () => {
    const { config } = checked({
      uri: 'mysql://me:secret@db:3307/shop?dateStrings=true',
      user: 'you',
      timezone: '+02:00',
      namedPlaceholders: true,
    });
    expect(config.connectionConfig).toMatchObject({
      host: 'db',
      port: 3307,
      user: 'you',
      password: 'secret',
      database: 'shop',
      dateStrings: true,
      timezone: '+02:00',
      namedPlaceholders: true,
    });
  });

  test('leaves what it was given as it was', () => {
    const options = { uri: 'mysql://me:secret@db/shop', pooling: {} };
    checked(options);
    expect(options).toEqual({ uri: 'mysql://me:secret@db/shop', pooling: {} });
  });

  test('everything that is wrong is told at once, and no secret', () => {
    const wrong = {
      conectionLimit: 5,
      connectionLimit: 'many',
      queueLimit: -1,
      idleTimeout: 1.5,
      timezone: 'Europe/Berlin',
      stream: {},
      isServer: true,
      password: 'hidden',
      pooling: { onReturn: 'reset', naem: 'x', settings: { maxWaiter: 5 } },
    };
    let said = '';
    try {
      checked(wrong as never);
    } catch (error) {
      said = (error as Error).message;
    }
    const all = [
      'conectionLimit: is unknown; did you mean connectionLimit?',
      'connectionLimit: must be',
      'queueLimit: must be',
      'idleTimeout: must be',
      'timezone: must be',
      'stream: must be a function',
      'isServer: is unknown',
      'pooling.onReturn: must be one of rollback, session, nothing',
      'pooling.naem: is unknown',
      'pooling.settings.maxWaiter: is unknown',
    ];
    for (const one of all) expect(said).toContain(one);
    expect(said).not.toContain('hidden');
  });

  test.each([
    [{ charset: 'klingon' }, "Unknown charset 'klingon'"],
    [{ ssl: 'Nowhere' }, "Unknown SSL profile 'Nowhere'"],
    ['mysql://me:hidden@:bad:port', 'the uri is none'],
  ])('what mysql2 itself refuses: %j', (options, words) => {
    expect(() => checked(options)).toThrow(words);
    expect(() => checked(options)).not.toThrow(/hidden/);
  });
});
