import { afterEach, describe, expect, it } from '@jest/globals';
import { asked, drivers, problemsOf } from './entries.fixture.js';
import { fromEnv } from './from-env.js';

describe('fromEnv', () => {
  afterEach(() => {
    delete process.env.NESTPOOLINGTEST_URL;
  });

  it('needs no more than a URL, and reads the variables of the process', () => {
    process.env.NESTPOOLINGTEST_URL = ' mysql://a/b ';
    const made = asked(fromEnv('NESTPOOLINGTEST', { drivers }));
    expect(made).toEqual({ kind: 'my', urls: { url: 'mysql://a/b' }, options: {} });
  });

  it('reads every variable that its table names', () => {
    const env = {
      ORDERS_URL: 'postgres://a/b',
      ORDERS_REPLICA_URLS: 'postgres://r1/b, postgres://u:p%2Cq@r2/b',
      ORDERS_PROXIED: 'false',
      ORDERS_REQUIRED: 'true',
      ORDERS_START_TIMEOUT_MS: '2000',
      ORDERS_STATEMENT_TIMEOUT_MS: 'Infinity',
      ORDERS_LOCK_TIMEOUT_MS: '500',
      ORDERS_MAX_ROWS: '1000',
      ORDERS_MAX_TRANSACTION_MS: '30000',
      ORDERS_LOG: 'slow',
      ORDERS_SLOW_MS: '250',
      ORDERS_POOL_PRESET: 'serverless',
      ORDERS_POOL_MIN: '0',
      ORDERS_POOL_MAX: '7',
      ORDERS_POOL_MAX_IDLE: '3',
      ORDERS_POOL_MAX_WAITERS: '50',
      ORDERS_POOL_MAX_USES: '1000',
      ORDERS_POOL_ACQUIRE_TIMEOUT_MS: '1500',
      ORDERS_POOL_CREATE_TIMEOUT_MS: '2500',
      ORDERS_POOL_IDLE_TIMEOUT_MS: '3500',
      ORDERS_POOL_MAX_LIFETIME_MS: '4500',
      OTHER_POOL_MAX: 'x',
      ORDERSPOOL: 'x',
    };
    expect(asked(fromEnv('ORDERS', { drivers, env }))).toEqual({
      kind: 'pg',
      urls: { url: 'postgres://a/b', replicas: ['postgres://r1/b', 'postgres://u:p%2Cq@r2/b'] },
      options: {
        proxied: false,
        required: true,
        startTimeoutMs: 2_000,
        statementTimeoutMs: Infinity,
        lockTimeoutMs: 500,
        maxRows: 1_000,
        maxTransactionMs: 30_000,
        log: { level: 'slow', slowMs: 250 },
        pool: {
          preset: 'serverless',
          min: 0,
          max: 7,
          maxIdle: 3,
          maxWaiters: 50,
          maxUses: 1_000,
          acquireTimeoutMs: 1_500,
          createTimeoutMs: 2_500,
          idleTimeoutMs: 3_500,
          maxLifetimeMs: 4_500,
        },
      },
    });
  });

  it('takes an empty variable as absent', () => {
    const env = { ORDERS_URL: 'postgres://a/b', ORDERS_REPLICA_URLS: '', ORDERS_POOL_MAX: ' ' };
    expect(asked(fromEnv('ORDERS', { drivers, env }))).toEqual({
      kind: 'pg',
      urls: { url: 'postgres://a/b' },
      options: {},
    });
  });

  it('tells everything that is wrong under the names of the variables, and shows no URL', () => {
    const env = {
      ORDERS_REPLICA_URLS: 'mysql://u:hunter2@r1/b,hunter2',
      ORDERS_PROXIED: 'yes',
      ORDERS_POOL_PRESET: 'fast',
      ORDERS_POOL_MAX: '0',
      ORDERS_POOL_MIN: '1.5',
      ORDERS_POOL_IDLE_TIMEOUT_MS: '5s',
      ORDERS_POOL_MAXIMUM: '3',
      ORDERS_REPLICAS_URLS: 'x',
    };
    expect(problemsOf(() => fromEnv('ORDERS', { drivers, env }))).toEqual([
      "ORDERS_POOL_PRESET: must be one of development, production, highTraffic, serverless (got 'fast')",
      'ORDERS_POOL_MIN: must be a whole number of at least 0 (got 1.5)',
      'ORDERS_POOL_MAX: must be a whole number of at least 1 (got 0)',
      'ORDERS_POOL_IDLE_TIMEOUT_MS: must be a number from 0 to 2147483647 (got NaN)',
      "ORDERS_PROXIED: must be true or false (got 'yes')",
      'ORDERS_URL: is missing',
      'ORDERS_REPLICA_URLS[1]: is no URL: it must begin with a protocol, such as postgres://',
      'ORDERS_POOL_MAXIMUM: is unknown; did you mean ORDERS_POOL_MAX?',
      'ORDERS_REPLICAS_URLS: is unknown; did you mean ORDERS_REPLICA_URLS?',
    ]);
  });

  it('refuses a prefix that would read the variables of others', () => {
    for (const prefix of ['', 'ORDERS_', '_ORDERS', 'A B'])
      expect(problemsOf(() => fromEnv(prefix, { drivers, env: {} }))).toHaveLength(1);
  });
});
